/** Convolutions and pools of tfjs, with gradients its kernels lack: dilated windows, and average pools with padding. */
import * as tf from '@tensorflow/tfjs-core'
import type { PoolWindow, Window } from '../../graph/graph.js'
import type { Extent, Padding } from '../../net/tree.js'
import { sharesAlong, sidesOf, slidesOf, windowSpan } from '../../net/window.js'

type Four = [number, number, number, number]
type Ends = [number, number]

/** A tensor of four axes, as maps and kernels are. */
export const four = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D // every map and kernel has four axes

/** Makes a dilated kernel dense, with zeros in its holes. */
const dilateKernel = (kernel: tf.Tensor4D, { dilation }: Window): tf.Tensor4D => {
  const [high, wide, channels, filters] = kernel.shape
  if (dilation === 1) return kernel
  const spaced = tf.pad(tf.reshape(kernel, [high, 1, wide, 1, channels, filters]), [
    [0, 0],
    [0, dilation - 1],
    [0, 0],
    [0, dilation - 1],
    [0, 0],
    [0, 0],
  ])
  const dense = tf.reshape(spaced, [high * dilation, wide * dilation, channels, filters])
  return tf.slice(four(dense), [0, 0, 0, 0], dilatedShape(kernel.shape, dilation))
}

const dilatedShape = ([high, wide, channels, filters]: Four, dilation: number): Four => [
  windowSpan(high, dilation),
  windowSpan(wide, dilation),
  channels,
  filters,
]

/** The inverse: the taps of a dilated kernel. */
const undilateKernel = (wide: tf.Tensor4D, { dilation }: Window): tf.Tensor4D =>
  dilation === 1 ? wide : four(tf.stridedSlice(wide, [0, 0, 0, 0], wide.shape, [dilation, dilation, 1, 1]))

const pairOf = (extent: Extent): [number, number] => [...sidesOf(extent)]

/** Zeros before and after each of the four axes: of a number, tfjs takes the step down the map for both. */
const padOf = (padding: Padding): 'same' | 'valid' | [Ends, Ends, Ends, Ends] => {
  if (typeof padding === 'string') return padding
  const [top, bottom, left, right] =
    typeof padding === 'number' ? ([padding, padding, padding, padding] as const) : padding
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]
}

const attributes = ({ stride, padding }: Window) => ({
  strides: pairOf(stride),
  pad: padOf(padding),
  dataFormat: 'NHWC',
  dilations: [1, 1],
})

const kernel = (name: string, inputs: tf.NamedTensorMap, settings: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, settings as tf.NamedAttrMap) as tf.Tensor // each kernel used here gives one tensor

export const conv = (x: tf.Tensor, filter: tf.Tensor, window: Window): tf.Tensor =>
  tf.conv2d(four(x), dilateKernel(four(filter), window), pairOf(window.stride), padOf(window.padding))

export const convInput = (dy: tf.Tensor, filter: tf.Tensor, x: tf.Tensor, window: Window): tf.Tensor =>
  kernel(
    'Conv2DBackpropInput',
    { dy, filter: dilateKernel(four(filter), window) },
    { ...attributes(window), inputShape: x.shape },
  )

export const convKernel = (dy: tf.Tensor, x: tf.Tensor, filter: tf.Tensor, window: Window): tf.Tensor => {
  const filterShape = dilatedShape(four(filter).shape, window.dilation)
  const wide = kernel('Conv2DBackpropFilter', { x, dy }, { ...attributes(window), filterShape })
  return undilateKernel(four(wide), window)
}

export const depthwise = (x: tf.Tensor, filter: tf.Tensor, window: Window): tf.Tensor =>
  tf.depthwiseConv2d(
    four(x),
    dilateKernel(four(filter), window),
    pairOf(window.stride),
    padOf(window.padding),
  )

export const depthwiseInput = (dy: tf.Tensor, filter: tf.Tensor, x: tf.Tensor, window: Window): tf.Tensor =>
  kernel(
    'DepthwiseConv2dNativeBackpropInput',
    { dy, filter: dilateKernel(four(filter), window) },
    { ...attributes(window), inputShape: x.shape },
  )

export const depthwiseKernel = (
  dy: tf.Tensor,
  x: tf.Tensor,
  filter: tf.Tensor,
  window: Window,
): tf.Tensor => {
  const filterShape = dilatedShape(four(filter).shape, window.dilation)
  const wide = kernel(
    'DepthwiseConv2dNativeBackpropFilter',
    { x, dy },
    { ...attributes(window), filterShape },
  )
  return undilateKernel(four(wide), window)
}

export const maxPool = (x: tf.Tensor, { size, stride, padding }: PoolWindow): tf.Tensor =>
  tf.maxPool(four(x), pairOf(size), pairOf(stride), padOf(padding))

/** The mean over each window's part on the map, as tfjs has it, times the share of the window that this part is. */
export const avgPool = (x: tf.Tensor, window: PoolWindow, countPadding: boolean): tf.Tensor => {
  const { size, stride, padding } = window
  const mean = tf.avgPool(four(x), pairOf(size), pairOf(stride), padOf(padding))
  return countPadding ? tf.mul(mean, shareCovered(four(x).shape, window)) : mean
}

const poolAttributes = ({ size, stride, padding }: PoolWindow) => ({
  filterSize: pairOf(size),
  strides: pairOf(stride),
  pad: padOf(padding),
})

export const maxPoolGrad = (
  dy: tf.Tensor,
  input: tf.Tensor,
  output: tf.Tensor,
  window: PoolWindow,
): tf.Tensor => kernel('MaxPoolGrad', { dy, input, output }, poolAttributes(window))

/** The share of each window that lies on the map. Shapes  → [1, rows, columns, 1] */
const shareCovered = ([, ...map]: Four, window: PoolWindow): tf.Tensor => {
  const [down, across] = slidesOf(map, window).map(sharesAlong)
  return tf.mul(tf.reshape(down ?? [], [1, -1, 1, 1]), tf.reshape(across ?? [], [1, 1, -1, 1]))
}

/** The kernel divides by the whole window; unless padding counts, the mean is over the covered pixels only. */
export const avgPoolGrad = (
  dy: tf.Tensor,
  x: tf.Tensor,
  window: PoolWindow,
  countPadding: boolean,
): tf.Tensor => {
  const signal = countPadding ? dy : tf.div(dy, shareCovered(four(x).shape, window))
  return kernel('AvgPoolGrad', { dy: signal, input: x }, poolAttributes(window))
}
