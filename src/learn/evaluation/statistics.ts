/** The mean and variance of each channel at a place of a net, over images and space: the statistics of a batch norm there. */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import * as op from '../../graph/operations.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import { channelsOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import type { ChannelStatistics } from '../../surgery/grow/options.js'
import type { Anchor } from '../../surgery/grow/site.js'
import { type Calibration, calibrationBatches, foldBatches, withSession } from '../criteria/calibration.js'
import type { LearnError } from '../error.js'

/** The anchors' outputs are named by their numbers. */
const momentsCall =
  (batch: number, anchors: readonly Anchor[]) =>
  (net: CheckedNet): Graph => {
    const { at, into, images } = lower({ batch, mode: 'inference' })(net)
    const momentsOf = (anchor: Anchor, nth: number) => {
      const value = ('after' in anchor ? at.get(anchor.after) : into.get(anchor.into)) ?? images
      const lead = value.shape.slice(0, -1).map((_, axis) => axis)
      return { [`mean${nth}`]: op.mean(value, lead), [`square${nth}`]: op.mean(op.square(value), lead) }
    }
    return { outputs: Object.assign({}, ...anchors.map(momentsOf)), updates: [] }
  }

type Means = Readonly<Record<string, Float64Array>>

const statisticsOf = (mean: Float64Array, square: Float64Array): ChannelStatistics => ({
  mean,
  variance: square.map((value, i) => Math.max(0, value - elementAt(mean, i) ** 2)),
})

/** The mean and variance of each channel at each anchor, over the calibration images. */
export const statisticsAtEach =
  (calibration: Calibration, anchors: readonly Anchor[]) =>
  (model: Model): TE.TaskEither<LearnError, readonly ChannelStatistics[]> => {
    const forward = momentsCall(calibration.batch, anchors)(model)
    return withSession(calibration, { forward }, model, async session => {
      const batches = calibrationBatches(calibration)
      const blank: Means = Object.fromEntries(
        Object.entries(forward.outputs).map(([name, { shape }]) => [
          name,
          new Float64Array(channelsOf(shape)),
        ]),
      )
      const means = await foldBatches(calibration, blank, batch => before => {
        const seen = session.run('forward', { images: batch.images })
        return Object.fromEntries(
          Object.entries(before).map(([name, sum]) => [
            name,
            sum.map((value, i) => value + elementAt(seen[name] ?? [], i) / batches),
          ]),
        )
      })
      const meansOf = (name: string): Float64Array => means[name] ?? new Float64Array()
      return anchors.map((_, nth) => statisticsOf(meansOf(`mean${nth}`), meansOf(`square${nth}`)))
    })
  }

/** The mean and variance of each channel at an anchor, over the calibration images. */
export const statisticsAt =
  (calibration: Calibration, anchor: Anchor) =>
  (model: Model): TE.TaskEither<LearnError, ChannelStatistics> =>
    pipe(
      statisticsAtEach(calibration, [anchor])(model),
      TE.map(([only]) => only ?? statisticsOf(new Float64Array(), new Float64Array())),
    )
