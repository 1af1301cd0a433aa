/** The Keras layers of a model so far, and what they are made from. */
import type { Inferred } from '../../../net/infer.js'
import type { Weights } from '../../../net/weights.js'
import type { Config, KerasLayer, KerasWeight } from '../keras.js'
import type { Dialect } from './dialect.js'

/** The layers so far, and the shapes and weights of the model. */
export interface Context {
  readonly layers: KerasLayer[]
  readonly inferred: Inferred
  readonly weights: Weights
  readonly dialect: Dialect
}

export const channelsLast = { data_format: 'channels_last' } as const

/** Appends a layer; returns its name. */
export const add = (
  { layers }: Context,
  className: string,
  name: string,
  config: Config,
  from: readonly string[],
  weights: readonly KerasWeight[] = [],
): string => {
  layers.push({ className, name, config: { name, ...config }, from, weights })
  return name
}
