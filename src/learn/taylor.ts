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
import type { Model } from '../net/weights.js'
import type { Utilities } from '../surgery/rank.js'
import type { LearnError } from './error.js'
import { batchesIn, gather, type Sight, using } from './sight.js'
import { slopesOf } from './train.js'

/** The loss's slopes by every batch norm's scale and shift, the statistics fixed. */
const affineSlopes =
  (batch: number) =>
  (net: Net): E.Either<LearnError, Graph> =>
    pipe(
      lower({ batch, mode: 'inference' })(net),
      E.map(lowered => {
        const loss = crossEntropy(lowered.logits, op.input('targets', lowered.logits.shape))
        const affine = slopesOf(lowered, loss).filter(
          ({ key }) => key.endsWith('/scale') || key.endsWith('/shift'),
        )
        return {
          outputs: Object.fromEntries(affine.map(({ key, gradient }) => [key, gradient])),
          updates: [],
        }
      }),
    )

/**
 * √ of the mean over batches of (γ·∂L/∂γ + β·∂L/∂β)²: the first-order effect of deleting a channel.
 *
 * Source  Molchanov et al. 2019
 */
export const taylorIn =
  (sight: Sight) =>
  (model: Model): TE.TaskEither<LearnError, Utilities> =>
    pipe(
      TE.fromEither(affineSlopes(sight.batch)(model.net)),
      TE.flatMap(graph =>
        using(sight, { slopes: graph }, model, async session => {
          const paths = Object.keys(graph.outputs).flatMap(key =>
            key.endsWith('/scale') ? [parentOf(key)] : [],
          )
          const start = new Map(
            paths.map(
              path => [path, new Float64Array(graph.outputs[keyOf(path, 'scale')]?.shape[0] ?? 0)] as const,
            ),
          )
          const sums = await gather<ReadonlyMap<Path, Float64Array>>(sight, start, batch => before => {
            const seen = session.run('slopes', { images: batch.images, targets: batch.targets })
            const effect = (path: Path, channel: number) =>
              (['scale', 'shift'] as const).reduce(
                (sum, slot) =>
                  sum +
                  (model.weights[keyOf(path, slot)]?.data[channel] ?? 0) *
                    (seen[keyOf(path, slot)]?.[channel] ?? 0),
                0,
              )
            return new Map(
              [...before].map(([path, sum]) => [
                path,
                sum.map((value, channel) => value + effect(path, channel) ** 2),
              ]),
            )
          })
          const batches = batchesIn(sight)
          return Object.fromEntries(
            [...sums].map(([path, sum]) => [path, sum.map(value => Math.sqrt(value / batches))]),
          )
        }),
      ),
    )
