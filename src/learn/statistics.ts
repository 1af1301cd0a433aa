/** The mean and variance of each channel at a place of a net, over images and space: what a batch norm there would see. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { lower } from '../graph/lower.js'
import * as op from '../graph/ops.js'
import type { Graph } from '../graph/value.js'
import type { NetError } from '../net/error.js'
import type { Net } from '../net/layer.js'
import { channelsOf } from '../net/shape.js'
import type { Model } from '../net/weights.js'
import type { Statistics } from '../surgery/growth.js'
import type { Spot } from '../surgery/where.js'
import type { LearnError } from './error.js'
import { batchesIn, gather, type Sight, using } from './sight.js'

const momentsCall =
  (batch: number, spot: Spot) =>
  (net: Net): E.Either<NetError, Graph> =>
    pipe(
      lower({ batch, mode: 'inference' })(net),
      E.map(({ at, into, images }) => {
        const value = ('after' in spot ? at.get(spot.after) : into.get(spot.into)) ?? images
        const lead = value.shape.slice(0, -1).map((_, axis) => axis)
        return {
          outputs: { mean: op.mean(value, lead), square: op.mean(op.square(value), lead) },
          updates: [],
        }
      }),
    )

/** The mean and variance of each channel at a spot, over the images in sight. */
export const statisticsAt =
  (sight: Sight, spot: Spot) =>
  (model: Model): TE.TaskEither<LearnError, Statistics> =>
    pipe(
      TE.fromEither(momentsCall(sight.batch, spot)(model.net)),
      TE.flatMap(look =>
        using(sight, { look }, model, async session => {
          const batches = batchesIn(sight)
          const blank = new Float64Array(channelsOf(look.outputs.mean?.shape ?? []))
          const sums = await gather(sight, { mean: blank, square: blank }, batch => before => {
            const seen = session.run('look', { images: batch.images })
            const more = (sum: Float64Array, values: Float32Array | undefined) =>
              sum.map((value, i) => value + (values?.[i] ?? 0) / batches)
            return { mean: more(before.mean, seen.mean), square: more(before.square, seen.square) }
          })
          return {
            mean: sums.mean,
            variance: sums.square.map((value, i) => Math.max(0, value - (sums.mean[i] ?? 0) ** 2)),
          }
        }),
      ),
    )
