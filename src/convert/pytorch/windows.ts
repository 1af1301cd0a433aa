/** Windows in PyTorch: zeros that its own options can hold, or a layer that pads before. */
import type { Shape } from '../../net/shape.js'
import type { Conv, Depthwise, Extent, Pool } from '../../net/tree.js'
import { extentOf, isPadded, type Slide, sidesOf, slidesOf } from '../../net/window.js'
import { type Argument, boolean, type Call, call, literal, option, tuple } from './python.js'

/** One number for two equal sides, else a tuple. */
export const extentText = (extent: Extent): string => {
  const simple = extentOf(sidesOf(extent))
  return typeof simple === 'number' ? literal(simple) : tuple(simple)
}

type Slides = readonly [down: Slide, across: Slide]

const isEven = (slides: Slides): boolean => slides.every(({ before, after }) => before === after)

/** PyTorch's pools pad by half of their window at most. */
const isNarrow = (slides: Slides): boolean =>
  slides.every(({ before, size }) => before <= Math.floor(size / 2))

const paddingText = ([down, across]: Slides): string => extentText([down.before, across.before])

/** PyTorch's order: left, right, top, bottom. */
const endsText = ([down, across]: Slides): string =>
  tuple([across.before, across.after, down.before, down.after])

/** What goes before a layer, and the layer's own options. */
export interface Padded {
  readonly pad: Call | null
  readonly options: readonly Argument[]
}

const padBefore = (pad: Call): Padded => ({ pad, options: [] })

const padInside = (slides: Slides): Padded => ({
  pad: null,
  options: option('padding', paddingText(slides), '0'),
})

/** The padding of a convolution. Shapes  input [height, width, channels] */
export const convPadding = (layer: Conv | Depthwise, input: Shape): Padded => {
  const slides = slidesOf(input, { ...layer, size: layer.kernel })
  return isEven(slides) ? padInside(slides) : padBefore(call('nn.ZeroPad2d', endsText(slides)))
}

const windowOptions = ({ size, stride }: Pool): readonly Argument[] => [
  [null, extentText(size)],
  ...option('stride', extentText(stride), extentText(size)),
]

const countOption = (counts: boolean): readonly Argument[] =>
  option('count_include_pad', boolean(counts), 'True')

/** A pool whose padding PyTorch's own pools cannot have. */
const padApart = (layer: Pool, slides: Slides): readonly Call[] => {
  const window = windowOptions(layer)
  if (layer._tag === 'maxPool')
    return [call('nn.ConstantPad2d', endsText(slides), "-float('inf')"), call('nn.MaxPool2d', ...window)]
  return layer.countPadding
    ? [call('nn.ZeroPad2d', endsText(slides)), call('nn.AvgPool2d', ...window)]
    : [call('PaddedAvgPool', ...window, ['padding', endsText(slides)])]
}

/** The modules of a pool. Shapes  input [height, width, channels] */
export const poolModules = (layer: Pool, input: Shape): readonly Call[] => {
  const slides = slidesOf(input, { ...layer, dilation: 1 })
  if (!isEven(slides) || !isNarrow(slides)) return padApart(layer, slides)
  const { options } = padInside(slides)
  const window = [...windowOptions(layer), ...options]
  return layer._tag === 'maxPool'
    ? [call('nn.MaxPool2d', ...window)]
    : [call('nn.AvgPool2d', ...window, ...countOption(layer.countPadding || !isPadded(slides)))]
}
