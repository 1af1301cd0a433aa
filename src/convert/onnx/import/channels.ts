/** Constants that broadcast against a value, as one number for each of its channels. */
import { elementAt } from '../../../io/element.js'
import { channelsOf, sizeOf } from '../../../net/shape.js'
import type { Constant } from './constant.js'
import type { Live } from './value.js'
import { channelAxisOf, dimsOf, positionsOf } from './view.js'

/** Numbers along an ONNX axis, in the order of our channels. */
export const orderedAs = (data: ArrayLike<number>, positions: readonly number[]): Float32Array => {
  const ordered = new Float32Array(positions.length)
  positions.forEach((position, nth) => {
    ordered[position] = elementAt(data, nth)
  })
  return ordered
}

/** One number a channel; null where the constant differs along another axis, or does not broadcast. */
export const perChannel = (constant: Constant, { view, shape }: Live): Float32Array | null => {
  const channels = channelsOf(shape)
  const size = sizeOf(constant.dims)
  if (constant.dims.length > view.length) return null
  if (size === 1) return new Float32Array(channels).fill(elementAt(constant.read(), 0))
  const axis = channelAxisOf(view, shape)
  const padded = [...new Array<number>(view.length - constant.dims.length).fill(1), ...constant.dims]
  return axis >= 0 && size === channels && padded[axis] === dimsOf(view)[axis]
    ? orderedAs(constant.read(), positionsOf(view[axis] ?? []))
    : null
}
