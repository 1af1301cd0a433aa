/** The check of a prune on a trained net: the pruned net computes what the masked net computes. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Batch } from '../../data/pipeline/batches.js'
import { type Model, prefixKeys } from '../../net/weights.js'
import { mask } from '../../surgery/prune/mask.js'
import type { Pruned } from '../../surgery/prune/prune.js'
import { type Calibration, foldBatches, withSession } from '../criteria/calibration.js'
import type { LearnError } from '../error.js'
import { lowerForInference } from '../training/train.js'

/**
 * Of the largest logit: single precision adds up in another order in a narrower net. Correct prunes of seven kinds of
 * nets, to 90, 50 and 10 % of their parameters, differed by at most 2e-6, on wasm and on TensorFlow.
 */
const tolerance = 1e-5

const maskedPrefix = 'masked:'

/** Logits batch by batch. */
interface BothLogits {
  readonly masked: readonly Float32Array[]
  readonly pruned: readonly Float32Array[]
}

/** Both nets in one program, on the same images. */
const logitsOfBoth = (
  calibration: Calibration,
  masked: Model,
  pruned: Model,
): TE.TaskEither<LearnError, BothLogits> => {
  const { batch } = calibration
  const program = {
    masked: lowerForInference(batch, maskedPrefix)(masked),
    pruned: lowerForInference(batch)(pruned),
  }
  const weights = { ...pruned.weights, ...prefixKeys(maskedPrefix)(masked.weights) }
  return withSession(calibration, program, { weights }, session => {
    const logitsOf = (call: keyof typeof program, { images }: Batch) => session.run(call, { images }).logits
    return foldBatches<BothLogits>(calibration, { masked: [], pruned: [] }, each => all => ({
      masked: [...all.masked, logitsOf('masked', each)],
      pruned: [...all.pruned, logitsOf('pruned', each)],
    }))
  })
}

/** max |a − b| / max |a| over all batches. */
const difference = (a: readonly Float32Array[], b: readonly Float32Array[]): number => {
  const pairs = a.flatMap((row, nth) =>
    Array.from(row, (value, i) => [value, b[nth]?.[i] ?? Number.NaN] as const),
  )
  const largest = pairs.reduce((most, [value]) => Math.max(most, Math.abs(value)), 1e-12)
  return pairs.reduce((most, [value, other]) => Math.max(most, Math.abs(value - other)), 0) / largest
}

/** Errors  NotProven with the difference, relative to the largest logit */
export const checkPruned =
  (calibration: Calibration) =>
  (model: Model, pruned: Pruned): TE.TaskEither<LearnError, void> =>
    pipe(
      TE.fromEither(mask(pruned)(model)),
      TE.flatMap(masked => logitsOfBoth(calibration, masked, pruned.model)),
      TE.flatMap(both => {
        const got = difference(both.masked, both.pruned)
        return got <= tolerance
          ? TE.right(undefined)
          : TE.left<LearnError>({ _tag: 'NotProven', difference: got, tolerance })
      }),
    )
