/** What deleting a channel would do to the loss, to first order. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { crossEntropy } from '../graph/loss.js'
import { lower } from '../graph/lower.js'
import * as op from '../graph/ops.js'
import type { Graph } from '../graph/value.js'
import type { Net } from '../net/layer.js'
import { type Path, parentOf } from '../net/path.js'
import { keyOf } from '../net/slots.js'
import type { Criterion } from '../surgery/criteria.js'
import type { Utilities } from '../surgery/rank.js'
import type { LearnError } from './error.js'
import { type Evidence, judged } from './evidence.js'
import { gather, using } from './sight.js'
import { slopesOf } from './train.js'

/** The loss's slopes in one batch, by the key of the weight. */
export type Slopes = Readonly<Record<string, Float32Array>>

/** The loss's slopes by those weights, the statistics fixed. */
const slopesCall =
  (batch: number, of: (key: string) => boolean) =>
  (net: Net): E.Either<LearnError, Graph> =>
    pipe(
      lower({ batch, mode: 'inference' })(net),
      E.map(lowered => {
        const loss = crossEntropy(lowered.logits, op.input('targets', lowered.logits.shape))
        const wanted = slopesOf(lowered, loss).filter(({ key }) => of(key))
        return {
          outputs: Object.fromEntries(wanted.map(({ key, gradient }) => [key, gradient])),
          updates: [],
        }
      }),
    )

/** The slopes of the mean loss of each batch by the weights whose keys are wanted. */
export const gradients =
  (of: (key: string) => boolean): Evidence<readonly Slopes[]> =>
  sight =>
  model =>
    pipe(
      TE.fromEither(slopesCall(sight.batch, of)(model.net)),
      TE.flatMap(slopes =>
        using(sight, { slopes }, model, session =>
          gather<readonly Slopes[]>(sight, [], ({ images, targets }) => before => [
            ...before,
            session.run('slopes', { images, targets }),
          ]),
        ),
      ),
    )

/**
 * √ of the mean over batches of (γ·∂L/∂γ + β·∂L/∂β)²: the first-order effect of deleting a channel.
 *
 * Source  Molchanov et al. 2019
 */
export const taylor: Criterion<readonly Slopes[]> = ({ weights }, batches) => {
  const effect = (slopes: Slopes, path: Path, channel: number): number =>
    (['scale', 'shift'] as const).reduce((sum, slot) => {
      const key = keyOf(path, slot)
      return sum + (weights[key]?.data[channel] ?? 0) * (slopes[key]?.[channel] ?? 0)
    }, 0)
  const paths = Object.keys(batches[0] ?? {}).flatMap(key => (key.endsWith('/scale') ? [parentOf(key)] : []))
  return E.right(
    Object.fromEntries(
      paths.map(path => [
        path,
        Float64Array.from(weights[keyOf(path, 'scale')]?.data ?? [], (_, channel) => {
          const squares = batches.reduce((sum, slopes) => sum + effect(slopes, path, channel) ** 2, 0)
          return Math.sqrt(squares / batches.length)
        }),
      ]),
    ),
  )
}

/** What channels are worth by `taylor`. */
export const taylorIn: Evidence<Utilities> = judged(
  gradients(key => key.endsWith('/scale') || key.endsWith('/shift')),
  taylor,
)
