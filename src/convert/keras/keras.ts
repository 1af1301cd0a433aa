/** The words of Keras' JSON in which a LayersModel is written; nothing here knows weights' bytes. */
import type { Tensor } from '../../net/weights.js'

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export type Config = Readonly<Record<string, Json>>

/** A layer of a functional model: its class, its options, and the layers it takes its inputs from. */
export interface KerasLayer {
  readonly className: string
  readonly name: string
  readonly config: Config
  readonly from: readonly string[]
  readonly weights: readonly KerasWeight[]
}

export interface KerasWeight {
  /** As in `stem/conv/kernel`. */
  readonly name: string
  readonly tensor: Tensor
}

/** What the input is called. */
export const inputName = 'images'

/**
 * A path as a name tfjs takes: it must begin with a letter or a digit, else `x.` comes first. Paths hold no points
 * of their own, so what follows one at the end is a part that a unit is taken apart into: `stem/conv.norm`.
 */
export const nameOf = (path: string): string =>
  /^[A-Za-z0-9]/.test(path) && path !== inputName ? path : `${odd}${path}`

/** Begins a name whose path tfjs would not take. */
export const odd = 'x.'

export type UnitPart = 'pad' | 'norm' | 'activation'

export const partOf = (path: string, part: UnitPart): string => `${nameOf(path)}.${part}`
