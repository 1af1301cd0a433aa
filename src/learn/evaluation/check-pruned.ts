/** The check of a prune on a trained net: the pruned net computes what the masked net computes. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Model } from '../../net/weights.js'
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

const logitsOf =
  (calibration: Calibration) =>
  (model: Model): TE.TaskEither<LearnError, readonly Float32Array[]> =>
    withSession(calibration, { infer: lowerForInference(calibration.batch)(model) }, model, session =>
      foldBatches<readonly Float32Array[]>(calibration, [], batch => all => [
        ...all,
        session.run('infer', { images: batch.images }).logits ?? new Float32Array(),
      ]),
    )

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
      TE.Do,
      TE.bind('masked', () => pipe(TE.fromEither(mask(pruned)(model)), TE.flatMap(logitsOf(calibration)))),
      TE.bindW('pruned', () => logitsOf(calibration)(pruned.model)),
      TE.flatMap(({ masked, pruned: narrow }) => {
        const got = difference(masked, narrow)
        return got <= tolerance
          ? TE.right(undefined)
          : TE.left<LearnError>({ _tag: 'NotProven', difference: got, tolerance })
      }),
    )
