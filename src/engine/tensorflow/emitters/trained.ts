/** Emits convolutions whose weights change, and their gradients, as the addon's where these are quicker than TensorFlow's. */
import type { Window } from '../../../graph/graph.js'
import { channelsOf, type Shape } from '../../../net/shape.js'
import { type Attrs, flag, ints } from '../graph/node.js'
import type { Emitter } from './emitter.js'
import { isDense, movesByOne, type Paddings, paddingOf, windowAttrs } from './own-window.js'
import { suitsTiles } from './tiled.js'
import * as windows from './windows.js'

export const conv: Emitter<'conv'> = (write, value, [x], [kernel]) => {
  const { op, inputs } = value
  const [map = [], filter = []] = inputs.map(({ shape }) => shape)
  return suitsTiles(map, op.window, filter)
    ? [write.add('EspalierTiledConv', [x, kernel], windowAttrs(map, op.window, filter))]
    : windows.conv(write, value, [x], [kernel])
}

/** Filters from which scattering is quicker: their products outweigh the additions. */
const fewestToScatter = 16

/** Whether to add what each signal gives to its window, of a kernel [height, width, channels, filters], to the map. */
const suitsScatter = (map: Shape, window: Window, [height, width, channels, filters = 0]: Shape): boolean =>
  (height !== 1 || width !== 1) &&
  isDense(window) &&
  channelsOf(map) === channels &&
  filters >= fewestToScatter

/** Around signals, so that windows of the kernel turned give a map of the size that the signals came from. */
const paddingBehind = (map: Shape, window: Window, kernel: Shape): Paddings => {
  const [height = 1, width = 1] = kernel
  const [top, bottom, left, right] = paddingOf(map, window, kernel)
  return [height - 1 - top, height - 1 - bottom, width - 1 - left, width - 1 - right]
}

/** The attributes of the gradient to a map, as a convolution of signals by the kernel turned; the window moves by one. */
const turnedAttrs = (signals: Shape, map: Shape, window: Window, kernel: Shape): Attrs => ({
  ...windowAttrs(signals, { stride: 1, dilation: 1, padding: paddingBehind(map, window, kernel) }, kernel),
  turned: flag(true),
})

export const convInput: Emitter<'convInput'> = (write, value, [dy], [kernel]) => {
  const { op, shape, inputs } = value
  const [signals = [], filter = []] = inputs.map(each => each.shape)
  if (suitsTiles(shape, op.window, filter))
    return [write.add('EspalierTiledConv', [dy, kernel], turnedAttrs(signals, shape, op.window, filter))]
  if (!suitsScatter(shape, op.window, filter)) return windows.convInput(write, value, [dy], [kernel])
  const attrs = { ...windowAttrs(shape, op.window, filter), map: ints(shape) }
  return [write.add('EspalierConvInput', [dy, kernel], attrs)]
}

/** Filters from which TensorFlow's gradient of a kernel of 1×1 is slower: a register has sixteen floats. */
const fewestOfPoints = 17

/** Whether a kernel [height, width, channels, filters] is 1×1, reads all channels of each pixel of a map, and is quicker. */
const suitsPoints = (map: Shape, window: Window, [height, width, channels, filters = 0]: Shape): boolean =>
  height === 1 &&
  width === 1 &&
  movesByOne(window) &&
  Math.max(...paddingOf(map, window, [1, 1])) === 0 &&
  channelsOf(map) === channels &&
  filters >= fewestOfPoints

export const convKernel: Emitter<'convKernel'> = (write, value, [dy], [x]) => {
  const { op, shape, inputs } = value
  const map = inputs[1]?.shape ?? []
  if (suitsTiles(map, op.window, shape))
    return [write.add('EspalierTiledConvKernel', [x, dy], windowAttrs(map, op.window, shape))]
  return suitsPoints(map, op.window, shape)
    ? [write.add('EspalierPointwiseKernel', [x, dy], {})]
    : windows.convKernel(write, value, [dy], [x])
}

/** The widest kernel whose sums stay in registers. */
const widest = 8

export const depthwise: Emitter<'depthwise'> = (write, value, [x], [kernel]) => {
  const { op, inputs } = value
  const [map = [], filter = []] = inputs.map(({ shape }) => shape)
  return isDense(op.window)
    ? [write.add('EspalierDepthwiseConv', [x, kernel], windowAttrs(map, op.window, filter))]
    : windows.depthwise(write, value, [x], [kernel])
}

export const depthwiseInput: Emitter<'depthwiseInput'> = (write, value, [dy], [kernel]) => {
  const { op, shape, inputs } = value
  const [signals = [], filter = []] = inputs.map(each => each.shape)
  const isWithin = Math.min(...paddingBehind(shape, op.window, filter)) >= 0
  return isDense(op.window) && movesByOne(op.window) && isWithin
    ? [write.add('EspalierDepthwiseConv', [dy, kernel], turnedAttrs(signals, shape, op.window, filter))]
    : windows.depthwiseInput(write, value, [dy], [kernel])
}

export const depthwiseKernel: Emitter<'depthwiseKernel'> = (write, value, [dy], [x]) => {
  const { op, shape, inputs } = value
  const map = inputs[1]?.shape ?? []
  const [height = 1, width = 1] = shape
  if (!isDense(op.window) || width > widest) return windows.depthwiseKernel(write, value, [dy], [x])
  const attrs = { ...windowAttrs(map, op.window, shape), size: ints([height, width]) }
  return [write.add('EspalierDepthwiseKernel', [x, dy], attrs)]
}
