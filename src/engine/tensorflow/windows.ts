/** Convolutions and pools: operations with a window that slides. */
import type { PoolWindow, Window } from '../../graph/value.js'
import type { Padding } from '../../net/layer.js'
import type { Emitter } from './emitter.js'
import { type Attrs, floats, ints, text } from './node.js'

const square = (size: number) => ints([1, size, size, 1])

const explicit = (padding: number) => ints([0, 0, padding, padding, padding, padding, 0, 0])

const padded = (padding: Padding): Attrs =>
  typeof padding === 'number'
    ? { padding: text('EXPLICIT'), explicit_paddings: explicit(padding) }
    : { padding: text(padding.toUpperCase()) }

const sliding = ({ stride, dilation, padding }: Window): Attrs => ({
  ...floats,
  strides: square(stride),
  dilations: square(dilation),
  data_format: text('NHWC'),
  ...padded(padding),
})

const pooling = ({ size, stride, padding }: PoolWindow): Attrs => ({
  ...floats,
  ksize: square(size),
  strides: square(stride),
  data_format: text('NHWC'),
  ...padded(padding),
})

export const conv: Emitter<'conv'> = (write, { op }, [x], [kernel]) => [
  write.add('Conv2D', [x, kernel], sliding(op.window)),
]

export const convInput: Emitter<'convInput'> = (write, { op, shape }, [dy], [kernel]) => [
  write.add('Conv2DBackpropInput', [write.ints(shape), kernel, dy], sliding(op.window)),
]

export const convKernel: Emitter<'convKernel'> = (write, { op, shape }, [dy], [x]) => [
  write.add('Conv2DBackpropFilter', [x, write.ints(shape), dy], sliding(op.window)),
]

export const depthwise: Emitter<'depthwise'> = (write, { op }, [x], [kernel]) => [
  write.add('DepthwiseConv2dNative', [x, kernel], sliding(op.window)),
]

export const depthwiseInput: Emitter<'depthwiseInput'> = (write, { op, shape }, [dy], [kernel]) => [
  write.add('DepthwiseConv2dNativeBackpropInput', [write.ints(shape), kernel, dy], sliding(op.window)),
]

export const depthwiseKernel: Emitter<'depthwiseKernel'> = (write, { op, shape }, [dy], [x]) => [
  write.add('DepthwiseConv2dNativeBackpropFilter', [x, write.ints(shape), dy], sliding(op.window)),
]

export const maxPool: Emitter<'maxPool'> = (write, { op }, [x]) => [
  write.add('MaxPool', [x], pooling(op.window)),
]

export const maxPoolGrad: Emitter<'maxPoolGrad'> = (write, { op }, [dy], [x], [y]) => [
  write.add('MaxPoolGrad', [x, y, dy], pooling(op.window)),
]

export const avgPool: Emitter<'avgPool'> = (write, { op }, [x]) => [
  write.add('AvgPool', [x], pooling(op.window)),
]

export const avgPoolGrad: Emitter<'avgPoolGrad'> = (write, { op, shape }, [dy]) => [
  write.add('AvgPoolGrad', [write.ints(shape), dy], pooling(op.window)),
]
