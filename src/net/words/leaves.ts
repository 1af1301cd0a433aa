/** The words that are leaves of a net. Every word is a frozen record; nothing is computed here. */

import type { Activation } from '../activation.js'
import type { Shape } from '../shape.js'
import type { BatchNorm, Extent, Padding } from '../tree.js'
import { optionsOf, unknownIn, withArity } from './options.js'
import type { AnyWord, MapWord, VectorWord, Word } from './types.js'

interface Named {
  /** The last part of the layer's path; by default its kind, numbered where a sibling has it already. */
  readonly name?: string
}

/** With batch norm there is no bias: its shift is one. */
type Normed =
  | { readonly norm?: true | Partial<BatchNorm>; readonly bias?: false }
  | { readonly norm: false; readonly bias?: boolean }

/** A dilated convolution cannot also stride. */
type Stepped =
  | { readonly stride?: Extent; readonly dilation?: 1 }
  | { readonly stride?: 1; readonly dilation?: number }

type Windowed = Named & Stepped & { readonly padding?: Padding; readonly activation?: Activation | null }

/** Options of `conv` and `depthwise`; options that exclude one another are a type error. */
export type ConvOptions = Windowed & { readonly bias?: boolean }

/** What `conv` and `convBnAct` take besides. */
export interface GroupOptions {
  /** Divides input channels and filters; each group of filters reads its own channels. By default 1. */
  readonly groups?: number
}

/** Options of `convBnAct` and `depthwiseBnAct`; options that exclude one another are a type error. */
export type ConvBnActOptions = Windowed & Normed

/** Options of `dense`. */
export type DenseOptions = Named & { readonly activation?: Activation | null } & (
    | { readonly norm?: false; readonly bias?: boolean }
    | { readonly norm: true | Partial<BatchNorm>; readonly bias?: false }
  )

/** Options of pools. */
export type PoolOptions = Named & { readonly stride?: Extent; readonly padding?: Padding }

/** Options of `avgPool`. */
export type AvgPoolOptions = PoolOptions & {
  /** Whether padding counts as zeros, as in PyTorch; by default the mean is that of the part on the map. */
  readonly countPadding?: boolean
}

/** Keeps 0.9 of the running statistics at each step; ε = 1e-5. */
export const defaultNorm: BatchNorm = Object.freeze({ momentum: 0.9, epsilon: 1e-5 })

const normOf = (norm: boolean | Partial<BatchNorm>): BatchNorm | null =>
  norm === false ? null : norm === true ? defaultNorm : { ...defaultNorm, ...optionsOf(norm) }

/** What differs between `conv` and `convBnAct` where options say nothing. */
interface WindowDefaults {
  readonly norm: boolean
  readonly activation: Activation | null
}

const plain: WindowDefaults = { norm: false, activation: null }
const unit: WindowDefaults = { norm: true, activation: 'relu' }

const window = (
  options: Windowed & { readonly norm?: boolean | Partial<BatchNorm>; readonly bias?: boolean },
  defaults: WindowDefaults,
) => {
  const {
    name = '',
    stride = 1,
    padding = 'same',
    dilation = 1,
    norm: normOption = defaults.norm,
    bias,
    activation = defaults.activation,
    ...rest
  } = optionsOf(options)
  const norm = normOf(normOption)
  return {
    name,
    stride,
    padding,
    dilation,
    norm,
    bias: bias === undefined ? norm === null : bias,
    activation,
    ...unknownIn(rest),
  }
}

/** The input of a net: `image(28, 28, 1)` is height, width, channels. Shapes  [h, w, c] */
export const image = (...sizes: readonly [height: number, width: number, channels: number]): Shape =>
  Object.freeze([...sizes])

/**
 * A convolution with a bias, linear by default: as in Keras and PyTorch.
 *
 * Shapes  [h, w, c] → [h/stride, w/stride, filters] with `'same'` padding
 *
 * @example
 * conv(16)                                          // 3×3
 * conv(16, 5, { padding: 0, activation: 'relu' })
 * conv(16, [1, 7])                                  // 1 high, 7 wide
 * conv(16, 3, { stride: 2, padding: [0, 1, 0, 1] }) // top, bottom, left, right
 */
export const conv = withArity(
  3,
  (filters: number, kernel: Extent = 3, options: ConvOptions & GroupOptions = {}): MapWord => {
    const { groups = 1, ...rest } = optionsOf(options)
    return Object.freeze({ _tag: 'conv' as const, filters, kernel, groups, ...window(rest, plain) })
  },
)

/**
 * Convolution, batch norm and activation as one unit; the activation is ReLU by default.
 *
 * Shapes  [h, w, c] → [h/stride, w/stride, filters] with `'same'` padding
 *
 * @example
 * convBnAct(16)                                // 3×3
 * convBnAct(16, 1, { activation: null })       // a linear 1×1
 * convBnAct(16, 3, { groups: 4 })              // each 4 filters read a quarter of the channels
 */
export const convBnAct = withArity(
  3,
  (filters: number, kernel: Extent = 3, options: ConvBnActOptions & GroupOptions = {}): MapWord => {
    const { groups = 1, ...rest } = optionsOf(options)
    return Object.freeze({ _tag: 'conv' as const, filters, kernel, groups, ...window(rest, unit) })
  },
)

/** A filter of its own for each channel, with a bias, linear by default. Shapes  [h, w, c] → [h/stride, w/stride, c] */
export const depthwise = withArity(
  2,
  (kernel: Extent = 3, options: ConvOptions = {}): MapWord =>
    Object.freeze({ _tag: 'depthwise' as const, kernel, ...window(options, plain) }),
)

/** A filter of its own for each channel, then batch norm and ReLU. Shapes  [h, w, c] → [h/stride, w/stride, c] */
export const depthwiseBnAct = withArity(
  2,
  (kernel: Extent = 3, options: ConvBnActOptions = {}): MapWord =>
    Object.freeze({ _tag: 'depthwise' as const, kernel, ...window(options, unit) }),
)

/**
 * The largest value of each window, in which padding takes no part; strides by its size by default.
 *
 * Shapes  [h, w, c] → [h/stride, w/stride, c], rounded up with `'same'` padding
 */
export const maxPool = withArity(2, (size: Extent = 2, options: PoolOptions = {}): MapWord => {
  const { name = '', stride = size, padding = 'same', ...rest } = optionsOf(options)
  return Object.freeze({ _tag: 'maxPool' as const, name, size, stride, padding, ...unknownIn(rest) })
})

/**
 * The mean of each window, padding not counted by default; strides by its size by default.
 *
 * Shapes  [h, w, c] → [h/stride, w/stride, c], rounded up with `'same'` padding
 */
export const avgPool = withArity(2, (size: Extent = 2, options: AvgPoolOptions = {}): MapWord => {
  const { name = '', stride = size, padding = 'same', countPadding = false, ...rest } = optionsOf(options)
  const _tag = 'avgPool' as const
  return Object.freeze({ _tag, name, size, stride, padding, countPadding, ...unknownIn(rest) })
})

/** The mean over the image. Shapes  [h, w, c] → [c] */
export const globalAvgPool: Word<'map', 'vector'> = Object.freeze({ _tag: 'globalAvgPool', name: '' })

/** The largest value over the image. Shapes  [h, w, c] → [c] */
export const globalMaxPool: Word<'map', 'vector'> = Object.freeze({ _tag: 'globalMaxPool', name: '' })

/** A map as a vector, row by row. Shapes  [h, w, c] → [h·w·c] */
export const flatten: Word<'map', 'vector'> = Object.freeze({ _tag: 'flatten', name: '' })

/** Every unit reads every input; linear with a bias by default. Shapes  [n] → [units] */
export const dense = withArity(2, (units: number, options: DenseOptions = {}): VectorWord => {
  const { name = '', norm: normOption = false, bias, activation = null, ...rest } = optionsOf(options)
  const norm = normOf(normOption)
  return Object.freeze({
    _tag: 'dense' as const,
    name,
    units,
    norm,
    bias: bias === undefined ? norm === null : bias,
    activation,
    ...unknownIn(rest),
  })
})

/** While training, sets this share of the values to zero and scales the others up. Shapes  any → the same */
export const dropout = withArity(2, (rate: number, options: Named = {}): AnyWord => {
  const { name = '', ...rest } = optionsOf(options)
  return Object.freeze({ _tag: 'dropout' as const, name, rate, ...unknownIn(rest) })
})

/**
 * While training, sets all values of this share of the images to zero and scales those of the others up: stochastic
 * depth, for the end of a residual's body.
 *
 * Shapes  any → the same
 * Source  Huang et al. 2016
 */
export const dropPath = withArity(2, (rate: number, options: Named = {}): AnyWord => {
  const { name = '', ...rest } = optionsOf(options)
  return Object.freeze({ _tag: 'dropPath' as const, name, rate, ...unknownIn(rest) })
})

/**
 * Normalises the channels of each position together, then scales and shifts each; ε is 1e-5 by default.
 *
 * Shapes  any → the same
 * Source  Ba, Kiros, Hinton 2016
 */
export const layerNorm = withArity(1, (options: Named & { readonly epsilon?: number } = {}): AnyWord => {
  const { name = '', epsilon = 1e-5, ...rest } = optionsOf(options)
  return Object.freeze({ _tag: 'layerNorm' as const, name, epsilon, ...unknownIn(rest) })
})

/** A factor for each channel, of this value at first. Shapes  any → the same. Source  Touvron et al. 2021 */
export const layerScale = withArity(2, (init = 1e-6, options: Named = {}): AnyWord => {
  const { name = '', ...rest } = optionsOf(options)
  return Object.freeze({ _tag: 'scale' as const, name, init, ...unknownIn(rest) })
})

/** Batch norm on its own, for nets that normalise before they activate. Shapes  any → the same */
export const batchNorm = withArity(
  1,
  (options: Named & Partial<BatchNorm> = {}): AnyWord =>
    Object.freeze({ _tag: 'norm' as const, name: '', ...defaultNorm, ...optionsOf(options) }),
)
