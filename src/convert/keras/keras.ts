/** The JSON of a Keras LayersModel, without the bytes of its weights. */
import type { Tensor } from '../../net/weights.js'

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export type Config = Readonly<Record<string, Json>>

/** A layer of a functional model: its class, options, input layers and weights. */
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

/** The name of the input layer. */
export const inputName = 'images'

/**
 * A path as a layer name that tfjs accepts: it must begin with a letter or a digit, else it gets the prefix `x.`. Paths
 * hold no points, so a suffix after a point names a part of a unit: `stem/conv.norm`.
 */
export const nameOf = (path: string): string =>
  /^[A-Za-z0-9]/.test(path) && path !== inputName ? path : `${escapePrefix}${path}`

/** The prefix of names whose path tfjs does not accept. */
export const escapePrefix = 'x.'

export type UnitPart = 'pad' | 'norm' | 'activation' | 'map' | 'scale' | 'copy'

export const partOf = (path: string, part: UnitPart): string => `${nameOf(path)}.${part}`

/** The entries of a `.keras` file. */
export const archiveNames = {
  metadata: 'metadata.json',
  config: 'config.json',
  weights: 'model.weights.h5',
} as const

/** A name without `/`, which Keras 3 refuses: paths are joined by points there, and points doubled. */
export const toKeras3Name = (name: string): string => name.replaceAll('.', '..').replaceAll('/', '.')

/** The name that `toKeras3Name` began with; a point of other files joins names as well. */
export const fromKeras3Name = (name: string): string =>
  name.replaceAll(/(?<!\.)\.(?!\.)/g, '/').replaceAll('..', '.')
