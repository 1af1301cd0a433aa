/** What a conversion to Keras layers has so far, and what it reads. */
import { valueAt } from '../../../io/element.js'
import type { CheckedNet } from '../../../net/infer.js'
import type { Path } from '../../../net/path.js'
import type { Shape } from '../../../net/shape.js'
import { type WeightName, weightKey } from '../../../net/weight-specs.js'
import type { Tensor, Weights } from '../../../net/weights.js'
import { type Config, type KerasLayer, type KerasWeight, nameOf } from '../keras.js'
import type { Dialect } from './dialect.js'

export const channelsLast = { data_format: 'channels_last' } as const

/** The layers so far, the net they are of, and its weights. */
export interface Context {
  readonly layers: KerasLayer[]
  readonly net: CheckedNet
  readonly weights: Weights
  readonly dialect: Dialect
  /** The layers that read values none of which is negative. */
  readonly nonNegative: ReadonlySet<Path>
}

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

export const weightAt = ({ weights }: Context, path: Path, slot: WeightName): Tensor =>
  weights[weightKey(path, slot)] as Tensor // the model was checked

export const inputOf = ({ net }: Context, path: Path): Shape => valueAt(net.layers, path).input

/** The name of a layer at a path, and those of its parts. */
export const namesAt = (path: Path) => ({
  name: nameOf(path),
  part: (part: string) => `${nameOf(path)}.${part}`,
})
