/** Convolutions and pools of tfjs, with gradients its kernels lack: dilated windows, and average pools with padding. */
import * as tf from '@tensorflow/tfjs-core'
import type { PoolWindow, Window } from '../../graph/graph.js'

type Four = [number, number, number, number]

/** A tensor of four axes, as maps and kernels are. */
export const four = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D // every map and kernel has four axes

/** Makes a dilated kernel dense, with zeros in its holes. */
const dilateKernel = (kernel: tf.Tensor4D, { dilation }: Window): tf.Tensor4D => {
  const [size, , channels, filters] = kernel.shape
  if (dilation === 1 || size === 1) return kernel
  const spaced = tf.pad(tf.reshape(kernel, [size, 1, size, 1, channels, filters]), [
    [0, 0],
    [0, dilation - 1],
    [0, 0],
    [0, dilation - 1],
    [0, 0],
    [0, 0],
  ])
  const span = dilation * (size - 1) + 1
  const wide = tf.reshape(spaced, [size * dilation, size * dilation, channels, filters])
  return tf.slice(four(wide), [0, 0, 0, 0], [span, span, channels, filters])
}

const dilatedShape = ([size, , channels, filters]: Four, { dilation }: Window): Four => {
  const span = dilation * (size - 1) + 1
  return [span, span, channels, filters]
}

/** The inverse: the taps of a dilated kernel. */
const undilateKernel = (wide: tf.Tensor4D, { dilation }: Window): tf.Tensor4D =>
  dilation === 1 ? wide : four(tf.stridedSlice(wide, [0, 0, 0, 0], wide.shape, [dilation, dilation, 1, 1]))

const attributes = ({ stride, padding }: Window) => ({
  strides: [stride, stride],
  pad: padding,
  dataFormat: 'NHWC',
  dilations: [1, 1],
})

const kernel = (name: string, inputs: tf.NamedTensorMap, settings: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, settings as tf.NamedAttrMap) as tf.Tensor // each kernel used here gives one tensor

export const conv = (x: tf.Tensor, filter: tf.Tensor, window: Window): tf.Tensor =>
  tf.conv2d(four(x), dilateKernel(four(filter), window), window.stride, window.padding)

export const convInput = (dy: tf.Tensor, filter: tf.Tensor, x: tf.Tensor, window: Window): tf.Tensor =>
  kernel(
    'Conv2DBackpropInput',
    { dy, filter: dilateKernel(four(filter), window) },
    { ...attributes(window), inputShape: x.shape },
  )

export const convKernel = (dy: tf.Tensor, x: tf.Tensor, filter: tf.Tensor, window: Window): tf.Tensor => {
  const filterShape = dilatedShape(four(filter).shape, window)
  const wide = kernel('Conv2DBackpropFilter', { x, dy }, { ...attributes(window), filterShape })
  return undilateKernel(four(wide), window)
}

export const depthwise = (x: tf.Tensor, filter: tf.Tensor, window: Window): tf.Tensor =>
  tf.depthwiseConv2d(four(x), dilateKernel(four(filter), window), window.stride, window.padding)

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
  const filterShape = dilatedShape(four(filter).shape, window)
  const wide = kernel(
    'DepthwiseConv2dNativeBackpropFilter',
    { x, dy },
    { ...attributes(window), filterShape },
  )
  return undilateKernel(four(wide), window)
}

export const maxPool = (x: tf.Tensor, { size, stride, padding }: PoolWindow): tf.Tensor =>
  tf.maxPool(four(x), size, stride, padding)

export const avgPool = (x: tf.Tensor, { size, stride, padding }: PoolWindow): tf.Tensor =>
  tf.avgPool(four(x), size, stride, padding)

const poolAttributes = ({ size, stride, padding }: PoolWindow) => ({
  filterSize: [size, size],
  strides: [stride, stride],
  pad: padding,
})

export const maxPoolGrad = (
  dy: tf.Tensor,
  input: tf.Tensor,
  output: tf.Tensor,
  window: PoolWindow,
): tf.Tensor => kernel('MaxPoolGrad', { dy, input, output }, poolAttributes(window))

/** How many pixels of the map each window covers. */
const countCovered = ([, height, width]: Four, { size, stride, padding }: PoolWindow): tf.Tensor =>
  tf.conv2d(four(tf.ones([1, height, width, 1])), four(tf.ones([size, size, 1, 1])), stride, padding)

/** The kernel divides by the whole window; at the border the average is over the covered pixels only. */
export const avgPoolGrad = (dy: tf.Tensor, x: tf.Tensor, window: PoolWindow): tf.Tensor => {
  const scaledGradient = tf.mul(dy, tf.div(window.size ** 2, countCovered(four(x).shape, window)))
  return kernel('AvgPoolGrad', { dy: scaledGradient, input: x }, poolAttributes(window))
}
