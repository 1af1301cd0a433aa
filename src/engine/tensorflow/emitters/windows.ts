/** Convolutions and pools: operations with a window that slides. */
import type { PoolWindow, Window } from '../../../graph/graph.js'
import { channelsOf } from '../../../net/shape.js'
import type { Padding } from '../../../net/tree.js'
import { type Attrs, floats, ints, type Ref, text } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import { folded } from './dilated.js'
import type { Emitted, Emitter, ValueOf } from './emitter.js'
import * as padded from './padded.js'

const square = (size: number) => ints([1, size, size, 1])

const padding = (pad: Padding): Attrs =>
  typeof pad === 'number'
    ? { padding: text('EXPLICIT'), explicit_paddings: ints([0, 0, pad, pad, pad, pad, 0, 0]) }
    : { padding: text(pad.toUpperCase()) }

const sliding = (window: Window): Attrs => ({
  ...floats,
  strides: square(window.stride),
  dilations: square(window.dilation),
  data_format: text('NHWC'),
  ...padding(window.padding),
})

const pooling = (window: PoolWindow): Attrs => ({
  ...floats,
  ksize: square(window.size),
  strides: square(window.stride),
  data_format: text('NHWC'),
  ...padding(window.padding),
})

/** Windows without holes over maps that are padded already. */
const close: Attrs = sliding({ stride: 1, dilation: 1, padding: 'valid' })

export const conv: Emitter<'conv'> = (write, { op }, [x], [kernel]) => [
  write.add('Conv2D', [x, kernel], sliding(op.window)),
]

/** TensorFlow's CPU kernels know no gradient of a dilated window; folded maps need none. */
const toInput =
  (name: string) =>
  (
    write: Writer,
    { op: { window }, shape, inputs: [signal, kernel] }: ValueOf<'convInput' | 'depthwiseInput'>,
    [dy]: Emitted,
    [filter]: Emitted,
  ): Emitted => {
    if (window.dilation === 1) return [write.add(name, [write.ints(shape), filter, dy], sliding(window))]
    const fold = folded(write, window, shape, channelsOf(signal?.shape ?? []), kernel?.shape[0] ?? 1)
    return [fold.openX(write.add(name, [write.ints(fold.x), filter, fold.foldY(dy)], close))]
  }

const toKernel =
  (name: string) =>
  (
    write: Writer,
    { op: { window }, shape, inputs: [signal, source] }: ValueOf<'convKernel' | 'depthwiseKernel'>,
    [dy]: Emitted,
    [x]: Emitted,
  ): Emitted => {
    if (window.dilation === 1) return [write.add(name, [x, write.ints(shape), dy], sliding(window))]
    const fold = folded(write, window, source?.shape ?? [], channelsOf(signal?.shape ?? []), shape[0] ?? 1)
    return [write.add(name, [fold.foldX(x), write.ints(shape), fold.foldY(dy)], close)]
  }

export const convInput: Emitter<'convInput'> = toInput('Conv2DBackpropInput')
export const convKernel: Emitter<'convKernel'> = toKernel('Conv2DBackpropFilter')

/** The map padded by hand: TensorFlow's optimizer forgets a depthwise window's own numbers when it fuses a bias. */
const whole = (write: Writer, x: Ref, { padding: pad }: Window): Ref =>
  typeof pad === 'number' && pad > 0 ? padded.pad(write, x, pad) : x

const inside = <W extends Window>(window: W): W =>
  typeof window.padding === 'number' ? { ...window, padding: 'valid' } : window

/** On a single channel it is a convolution: oneDNN mistakes one for the other where both are 1×1. */
export const depthwise: Emitter<'depthwise'> = (
  write,
  { op: { window }, shape, inputs: [source, filter] },
  [x],
  [kernel],
) => {
  if (channelsOf(shape) === 1) return [write.add('Conv2D', [x, kernel], sliding(window))]
  const name = 'DepthwiseConv2dNative'
  if (window.dilation === 1)
    return [write.add(name, [whole(write, x, window), kernel], sliding(inside(window)))]
  const fold = folded(write, window, source?.shape ?? [], channelsOf(shape), filter?.shape[0] ?? 1)
  return [fold.openY(write.add(name, [fold.foldX(x), kernel], close))]
}

export const depthwiseInput: Emitter<'depthwiseInput'> = toInput('DepthwiseConv2dNativeBackpropInput')
export const depthwiseKernel: Emitter<'depthwiseKernel'> = toKernel('DepthwiseConv2dNativeBackpropFilter')

export const maxPool: Emitter<'maxPool'> = (write, { op }, [x]) => [
  write.add('MaxPool', [x], pooling(op.window)),
]

export const maxPoolGrad: Emitter<'maxPoolGrad'> = (write, { op }, [dy], [x], [y]) => [
  write.add('MaxPoolGrad', [x, y, dy], pooling(op.window)),
]

/** Only an average knows no padding by a number: it takes the padded map, and its mean is put right. */
export const avgPool: Emitter<'avgPool'> = (write, { op: { window }, shape, inputs: [source] }, [x]) => {
  const pool = (map: Ref, at: PoolWindow): Ref => write.add('AvgPool', [map], pooling(at))
  const { padding: pad } = window
  if (typeof pad !== 'number') return [pool(x, window)]
  const share = padded.share(write, window, source?.shape ?? [], shape)
  return [write.add('Mul', [pool(padded.pad(write, x, pad), inside(window)), share], floats)]
}

export const avgPoolGrad: Emitter<'avgPoolGrad'> = (
  write,
  { op: { window }, shape, inputs: [signal] },
  [dy],
) => {
  const back = (size: readonly number[], from: Ref, at: PoolWindow): Ref =>
    write.add('AvgPoolGrad', [write.ints(size), from], pooling(at))
  const { padding: pad } = window
  if (typeof pad !== 'number') return [back(shape, dy, window)]
  const share = padded.share(write, window, shape, signal?.shape ?? [])
  const whole = back(padded.shape(shape, pad), write.add('Mul', [dy, share], floats), inside(window))
  return [padded.unpad(write, whole, shape, pad)]
}
