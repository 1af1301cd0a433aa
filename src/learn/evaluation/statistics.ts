/** The mean and variance of each channel at a place of a net, over images and space: the statistics of a batch norm there. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import type { CheckedNet } from '../../net/infer.js'
import { channelsOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import type { ChannelStatistics } from '../../surgery/grow/options.js'
import type { Anchor } from '../../surgery/grow/site.js'
import { type Calibration, calibrationBatches, foldBatches, withSession } from '../criteria/calibration.js'
import type { LearnError } from '../error.js'

const momentsCall =
  (batch: number, anchor: Anchor) =>
  (net: CheckedNet): Graph => {
    const { at, into, images } = lower({ batch, mode: 'inference' })(net)
    const value = ('after' in anchor ? at.get(anchor.after) : into.get(anchor.into)) ?? images
    const lead = value.shape.slice(0, -1).map((_, axis) => axis)
    return {
      outputs: { mean: op.mean(value, lead), square: op.mean(op.square(value), lead) },
      updates: [],
    }
  }

/** The mean and variance of each channel at an anchor, over the calibration images. */
export const statisticsAt =
  (calibration: Calibration, anchor: Anchor) =>
  (model: Model): TE.TaskEither<LearnError, ChannelStatistics> => {
    const forward = momentsCall(calibration.batch, anchor)(model)
    return withSession(calibration, { forward }, model, async session => {
      const batches = calibrationBatches(calibration)
      const blank = new Float64Array(channelsOf(forward.outputs.mean?.shape ?? []))
      const sums = await foldBatches(calibration, { mean: blank, square: blank }, batch => before => {
        const seen = session.run('forward', { images: batch.images })
        const more = (sum: Float64Array, values: Float32Array | undefined) =>
          sum.map((value, i) => value + (values?.[i] ?? 0) / batches)
        return { mean: more(before.mean, seen.mean), square: more(before.square, seen.square) }
      })
      return {
        mean: sums.mean,
        variance: sums.square.map((value, i) => Math.max(0, value - (sums.mean[i] ?? 0) ** 2)),
      }
    })
  }
