/** The words for channels: which of them pass, in which order, and how much of each. */
import type { Activation } from '../activation.js'
import { stack, withName } from './combinators.js'
import { dense, globalAvgPool } from './leaves.js'
import { optionsOf, unknownIn, withArity } from './options.js'
import type { AnyWord, MapWord, Word } from './types.js'

interface Named {
  /** The last part of the layer's path; by default its kind, numbered where a sibling has it already. */
  readonly name?: string
}

/**
 * Interleaves the channels of `groups` equal groups, so that the next grouped convolution reads some of each: the first
 * of each, then the second of each, …
 *
 * Shapes  any → the same; `groups` divides the channels
 * Source  Zhang et al. 2018 (ShuffleNet)
 */
export const channelShuffle = withArity(2, (groups: number, options: Named = {}): AnyWord => {
  const { name = '', ...rest } = optionsOf(options)
  return Object.freeze({ _tag: 'channelShuffle' as const, name, groups, ...unknownIn(rest) })
})

/** `size` of the channels, the first of them at `from`. Shapes  [h, w, c] → [h, w, size], or [c] → [size] */
export const channelSlice = withArity(3, (from: number, size: number, options: Named = {}): AnyWord => {
  const { name = '', ...rest } = optionsOf(options)
  return Object.freeze({ _tag: 'channelSlice' as const, name, from, size, ...unknownIn(rest) })
})

/**
 * The input times the body's output: a number for each channel, or a map of the input's shape.
 *
 * Shapes  [h, w, c], body [c] or [h, w, c] → [h, w, c]
 */
export const gate = withArity(
  2,
  (name: string, body: MapWord | AnyWord | Word<'map', 'vector'>): MapWord =>
    Object.freeze({ _tag: 'gate' as const, name, body: withName('body', body) }),
)

/** Options of `squeezeExcite`. */
export interface SqueezeExciteOptions {
  /** Of the squeezed channels; by default ReLU. */
  readonly activation?: Activation
  /** Of the factors; by default the sigmoid. */
  readonly gate?: Activation
}

const squeezeKeys = ['activation', 'gate'] as const satisfies readonly (keyof SqueezeExciteOptions)[]

/**
 * Scales each of `channels` channels by a factor that depends on the means of all, through `squeezed` units.
 *
 * Shapes  [h, w, channels] → the same
 * Source  Hu, Shen, Sun 2018
 */
export const squeezeExcite = withArity(
  4,
  (name: string, channels: number, squeezed: number, options: SqueezeExciteOptions = {}): MapWord => {
    const { activation = 'relu', gate: factor = 'sigmoid', ...rest } = optionsOf(options)
    const squeeze = dense(squeezed, { name: 'squeeze', activation })
    const excite = dense(channels, { name: 'excite', activation: factor })
    const body = stack('body', globalAvgPool, squeeze, excite)
    return Object.freeze({ ...gate(name, body), ...unknownIn(rest, squeezeKeys) })
  },
)
