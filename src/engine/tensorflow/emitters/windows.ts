/** Emits convolutions and pools. */
import type { PoolWindow, Window } from '../../../graph/graph.js'
import { channelsOf, type Shape } from '../../../net/shape.js'
import type { Extent, Padding } from '../../../net/tree.js'
import { sidesOf } from '../../../net/window.js'
import { type Attrs, floats, ints, type Ref, text } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import { foldMaps } from './dilated.js'
import type { Emitted, Emitter, ValueOf } from './emitter.js'
import * as padded from './padded.js'

const extents = (extent: Extent) => ints([1, ...sidesOf(extent), 1])

const padding = (pad: Padding): Attrs => {
  if (typeof pad === 'string') return { padding: text(pad.toUpperCase()) }
  const sides = typeof pad === 'number' ? [pad, pad, pad, pad] : pad
  return { padding: text('EXPLICIT'), explicit_paddings: ints([0, 0, ...sides, 0, 0]) }
}

const windowAttrs = (window: Window): Attrs => ({
  ...floats,
  strides: extents(window.stride),
  dilations: extents(window.dilation),
  data_format: text('NHWC'),
  ...padding(window.padding),
})

const poolAttrs = (window: PoolWindow): Attrs => ({
  ...floats,
  ksize: extents(window.size),
  strides: extents(window.stride),
  data_format: text('NHWC'),
  ...padding(window.padding),
})

/** Dense windows over maps that are padded already. */
const denseAttrs: Attrs = windowAttrs({ stride: 1, dilation: 1, padding: 'valid' })

export const conv: Emitter<'conv'> = (write, { op }, [x], [kernel]) => [
  write.add('Conv2D', [x, kernel], windowAttrs(op.window)),
]

/** The window of a kernel [height, width, …]. */
const windowWith = (window: Window, [height = 1, width = 1]: Shape): PoolWindow => ({
  ...window,
  size: [height, width],
})

/** TensorFlow's CPU kernels have no gradient of a dilated window, and no channelwise one of unequal strides. */
const isFolded = (name: string, { dilation, stride }: Window): boolean => {
  const [down, across] = sidesOf(stride)
  return dilation > 1 || (name.startsWith('Depthwise') && down !== across)
}

/** On folded maps the window is dense, and moves by one. */
const inputGradient =
  (name: string) =>
  (
    write: Writer,
    { op: { window }, shape, inputs: [signal, kernel] }: ValueOf<'convInput' | 'depthwiseInput'>,
    [dy]: Emitted,
    [filter]: Emitted,
  ): Emitted => {
    if (!isFolded(name, window))
      return [write.add(name, [write.ints(shape), filter, dy], windowAttrs(window))]
    const channels = channelsOf(signal?.shape ?? [])
    const fold = foldMaps(write, windowWith(window, kernel?.shape ?? []), shape, channels)
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
    if (!isFolded(name, window)) return [write.add(name, [x, write.ints(shape), dy], windowAttrs(window))]
    const channels = channelsOf(signal?.shape ?? [])
    const fold = foldMaps(write, windowWith(window, shape), source?.shape ?? [], channels)
    return [write.add(name, [fold.foldX(x), write.ints(shape), fold.foldY(dy)], denseAttrs)]
  }

export const convInput: Emitter<'convInput'> = inputGradient('Conv2DBackpropInput')
export const convKernel: Emitter<'convKernel'> = kernelGradient('Conv2DBackpropFilter')

/** Explicit padding: TensorFlow's graph optimizer drops a depthwise window's padding when it fuses a bias. */
const padExplicitly = (write: Writer, x: Ref, source: Shape, window: PoolWindow): Ref =>
  typeof window.padding === 'string' || window.padding === 0
    ? x
    : padded.pad(write, x, padded.slides(source, window))

const withoutPadding = <W extends Window>(window: W): W =>
  typeof window.padding === 'string' ? window : { ...window, padding: 'valid' }

/** On a single channel a plain convolution: oneDNN confuses the two where the kernel is 1×1. */
export const depthwise: Emitter<'depthwise'> = (
  write,
  { op: { window }, shape, inputs: [source, filter] },
  [x],
  [kernel],
) => {
  if (channelsOf(shape) === 1) return [write.add('Conv2D', [x, kernel], windowAttrs(window))]
  const name = 'DepthwiseConv2dNative'
  const [from, whole] = [source?.shape ?? [], windowWith(window, filter?.shape ?? [])]
  if (!isFolded(name, window))
    return [
      write.add(name, [padExplicitly(write, x, from, whole), kernel], windowAttrs(withoutPadding(window))),
    ]
  const fold = foldMaps(write, whole, from, channelsOf(shape))
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

/** TensorFlow's own average takes padding only where it does not count. */
const padsItself = ({ padding: pad }: PoolWindow, countPadding: boolean): boolean =>
  pad === 'valid' || (pad === 'same' && !countPadding)

const valid = (window: PoolWindow): Attrs => poolAttrs({ ...window, padding: 'valid' })

/** A padded map is averaged by whole windows; where padding does not count, the mean is corrected. */
export const avgPool: Emitter<'avgPool'> = (write, { op, inputs: [source] }, [x]) => {
  const { window, countPadding } = op
  if (padsItself(window, countPadding)) return [write.add('AvgPool', [x], poolAttrs(window))]
  const slides = padded.slides(source?.shape ?? [], window)
  const mean = write.add('AvgPool', [padded.pad(write, x, slides)], valid(window))
  return [countPadding ? mean : write.add('Mul', [mean, padded.ratios(write, slides)], floats)]
}

export const avgPoolGrad: Emitter<'avgPoolGrad'> = (write, { op, shape }, [dy]) => {
  const { window, countPadding } = op
  const emitGradient = (size: Shape, signal: Ref, attrs: Attrs): Ref =>
    write.add('AvgPoolGrad', [write.ints(size), signal], attrs)
  if (padsItself(window, countPadding)) return [emitGradient(shape, dy, poolAttrs(window))]
  const slides = padded.slides(shape, window)
  const signal = countPadding ? dy : write.add('Mul', [dy, padded.ratios(write, slides)], floats)
  return [padded.unpad(write, emitGradient(padded.shape(shape, slides), signal, valid(window)), slides)]
}
