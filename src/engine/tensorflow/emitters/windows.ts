/** Emits convolutions and pools. */
import type { PoolWindow, Window } from '../../../graph/graph.js'
import { channelsOf } from '../../../net/shape.js'
import type { Padding } from '../../../net/tree.js'
import { type Attrs, floats, ints, type Ref, text } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import { foldMaps } from './dilated.js'
import type { Emitted, Emitter, ValueOf } from './emitter.js'
import * as padded from './padded.js'

const square = (size: number) => ints([1, size, size, 1])

const padding = (pad: Padding): Attrs =>
  typeof pad === 'number'
    ? { padding: text('EXPLICIT'), explicit_paddings: ints([0, 0, pad, pad, pad, pad, 0, 0]) }
    : { padding: text(pad.toUpperCase()) }

const windowAttrs = (window: Window): Attrs => ({
  ...floats,
  strides: square(window.stride),
  dilations: square(window.dilation),
  data_format: text('NHWC'),
  ...padding(window.padding),
})

const poolAttrs = (window: PoolWindow): Attrs => ({
  ...floats,
  ksize: square(window.size),
  strides: square(window.stride),
  data_format: text('NHWC'),
  ...padding(window.padding),
})

/** Dense windows over maps that are padded already. */
const denseAttrs: Attrs = windowAttrs({ stride: 1, dilation: 1, padding: 'valid' })

export const conv: Emitter<'conv'> = (write, { op }, [x], [kernel]) => [
  write.add('Conv2D', [x, kernel], windowAttrs(op.window)),
]

/** TensorFlow's CPU kernels have no gradient of a dilated window; on folded maps the window is dense. */
const inputGradient =
  (name: string) =>
  (
    write: Writer,
    { op: { window }, shape, inputs: [signal, kernel] }: ValueOf<'convInput' | 'depthwiseInput'>,
    [dy]: Emitted,
    [filter]: Emitted,
  ): Emitted => {
    if (window.dilation === 1) return [write.add(name, [write.ints(shape), filter, dy], windowAttrs(window))]
    const fold = foldMaps(write, window, shape, channelsOf(signal?.shape ?? []), kernel?.shape[0] ?? 1)
    return [fold.openX(write.add(name, [write.ints(fold.x), filter, fold.foldY(dy)], denseAttrs))]
  }

const kernelGradient =
  (name: string) =>
  (
    write: Writer,
    { op: { window }, shape, inputs: [signal, source] }: ValueOf<'convKernel' | 'depthwiseKernel'>,
    [dy]: Emitted,
    [x]: Emitted,
  ): Emitted => {
    if (window.dilation === 1) return [write.add(name, [x, write.ints(shape), dy], windowAttrs(window))]
    const fold = foldMaps(write, window, source?.shape ?? [], channelsOf(signal?.shape ?? []), shape[0] ?? 1)
    return [write.add(name, [fold.foldX(x), write.ints(shape), fold.foldY(dy)], denseAttrs)]
  }

export const convInput: Emitter<'convInput'> = inputGradient('Conv2DBackpropInput')
export const convKernel: Emitter<'convKernel'> = kernelGradient('Conv2DBackpropFilter')

/** Explicit padding: TensorFlow's graph optimizer drops a depthwise window's padding when it fuses a bias. */
const padExplicitly = (write: Writer, x: Ref, { padding: pad }: Window): Ref =>
  typeof pad === 'number' && pad > 0 ? padded.pad(write, x, pad) : x

const withoutPadding = <W extends Window>(window: W): W =>
  typeof window.padding === 'number' ? { ...window, padding: 'valid' } : window

/** On a single channel a plain convolution: oneDNN confuses the two where the kernel is 1×1. */
export const depthwise: Emitter<'depthwise'> = (
  write,
  { op: { window }, shape, inputs: [source, filter] },
  [x],
  [kernel],
) => {
  if (channelsOf(shape) === 1) return [write.add('Conv2D', [x, kernel], windowAttrs(window))]
  const name = 'DepthwiseConv2dNative'
  if (window.dilation === 1)
    return [write.add(name, [padExplicitly(write, x, window), kernel], windowAttrs(withoutPadding(window)))]
  const fold = foldMaps(write, window, source?.shape ?? [], channelsOf(shape), filter?.shape[0] ?? 1)
  return [fold.openY(write.add(name, [fold.foldX(x), kernel], denseAttrs))]
}

export const depthwiseInput: Emitter<'depthwiseInput'> = inputGradient('DepthwiseConv2dNativeBackpropInput')
export const depthwiseKernel: Emitter<'depthwiseKernel'> = kernelGradient(
  'DepthwiseConv2dNativeBackpropFilter',
)

export const maxPool: Emitter<'maxPool'> = (write, { op }, [x]) => [
  write.add('MaxPool', [x], poolAttrs(op.window)),
]

export const maxPoolGrad: Emitter<'maxPoolGrad'> = (write, { op }, [dy], [x], [y]) => [
  write.add('MaxPoolGrad', [x, y, dy], poolAttrs(op.window)),
]

/** AvgPool has no explicit padding: it gets the padded map, and its average is corrected. */
export const avgPool: Emitter<'avgPool'> = (write, { op: { window }, shape, inputs: [source] }, [x]) => {
  const pool = (map: Ref, at: PoolWindow): Ref => write.add('AvgPool', [map], poolAttrs(at))
  const { padding: pad } = window
  if (typeof pad !== 'number') return [pool(x, window)]
  const share = padded.share(write, window, source?.shape ?? [], shape)
  return [write.add('Mul', [pool(padded.pad(write, x, pad), withoutPadding(window)), share], floats)]
}

export const avgPoolGrad: Emitter<'avgPoolGrad'> = (
  write,
  { op: { window }, shape, inputs: [signal] },
  [dy],
) => {
  const emitGradient = (size: readonly number[], from: Ref, at: PoolWindow): Ref =>
    write.add('AvgPoolGrad', [write.ints(size), from], poolAttrs(at))
  const { padding: pad } = window
  if (typeof pad !== 'number') return [emitGradient(shape, dy, window)]
  const share = padded.share(write, window, shape, signal?.shape ?? [])
  const whole = emitGradient(
    padded.shape(shape, pad),
    write.add('Mul', [dy, share], floats),
    withoutPadding(window),
  )
  return [padded.unpad(write, whole, shape, pad)]
}
