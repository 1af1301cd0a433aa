/** Kernels in 8 bits: symmetric, with a scale for each output channel. Formats are not known here. */

import { elementAt } from '../io/element.js'
import { sizeOf } from '../io/tensor.js'
import type { PlacedLayer } from '../net/infer.js'
import type { Layer } from '../net/tree.js'
import { weightKey } from '../net/weight-specs.js'
import type { Model, Tensor, Weights } from '../net/weights.js'

/** How an export stores weights. */
export const weightTypes = ['float32', 'int8'] as const

/** The type of the values that an export stores. */
export type WeightType = (typeof weightTypes)[number]

/** An array as whole numbers from −127 to 127: `data[i]` times the scale of its channel. */
export interface Quantised {
  readonly data: Int8Array
  readonly scales: Float32Array
}

const largest = 127

/** The channel of each value of a flat array. */
const channelsAlong = ({ shape }: Tensor, axis: number) => {
  const count = shape[axis] ?? 1
  const inner = sizeOf(shape.slice(axis + 1))
  return { count, channelOf: (i: number): number => Math.floor(i / inner) % count }
}

/** Bytes of a channel beside its values: its scale, and its zero point. */
const channelBytes = 5

/** Whether 8 bits a value and the channels' scales take fewer bytes than 32 bits a value. */
const shrinks = ({ data }: Tensor, channels: number): boolean =>
  data.length + channelBytes * channels < 4 * data.length

/**
 * A tensor in 8 bits, by its channels along an axis; null where that would save no bytes. No scale is below
 * its channel's in `least`.
 *
 * Law  each value is off by at most half its channel's scale, and 0 stays 0
 */
export const quantise = (tensor: Tensor, axis: number, least?: Float32Array): Quantised | null => {
  const { count, channelOf } = channelsAlong(tensor, axis)
  if (!shrinks(tensor, count)) return null
  const peaks = new Float32Array(count)
  tensor.data.forEach((value, i) => {
    const channel = channelOf(i)
    peaks[channel] = Math.max(elementAt(peaks, channel), Math.abs(value))
  })
  const scaleOf = (peak: number, c: number) =>
    Math.fround(Math.max(peak / largest, least === undefined ? 0 : elementAt(least, c)))
  const scales = peaks.map((peak, c) => scaleOf(peak, c) || 1) // a channel of zeros has none
  const data = Int8Array.from(tensor.data, (value, i) => Math.round(value / elementAt(scales, channelOf(i))))
  return { data, scales }
}

/** A tensor as its 8 bits say it. */
const round = (tensor: Tensor, axis: number): Tensor => {
  const quantised = quantise(tensor, axis)
  if (quantised === null) return tensor
  const { channelOf } = channelsAlong(tensor, axis)
  const data = Float32Array.from(quantised.data, (value, i) => value * (quantised.scales[channelOf(i)] ?? 1))
  return { ...tensor, data }
}

/** Shapes  kernel [k, k, in, out], [in, out]; depthwise [k, k, c, 1] */
const outputAxes: { readonly [T in Layer['_tag']]?: number } = { conv: 3, depthwise: 2, dense: 1 }

const roundKernel =
  (weights: Weights) =>
  ({ layer, path }: PlacedLayer): readonly (readonly [string, Tensor])[] => {
    const [axis, key] = [outputAxes[layer._tag], weightKey(path, 'kernel')]
    const kernel = weights[key]
    return axis === undefined || kernel === undefined ? [] : [[key, round(kernel, axis)]]
  }

/**
 * The model with each kernel as its 8 bits say it: what an export with 8-bit weights computes. A batch norm folded into a
 * kernel scales its channels, whose whole numbers stay.
 */
export const roundKernels = (model: Model): Model => ({
  ...model,
  weights: {
    ...model.weights,
    ...Object.fromEntries([...model.layers.values()].flatMap(roundKernel(model.weights))),
  },
})
