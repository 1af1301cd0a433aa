/** The normaliser at a model's front, as layers have it, becomes the preprocessing of its images. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type { Preprocessing } from '../../data/preprocessing.js'
import { elementAt, valueAt } from '../../io/element.js'
import { type CheckedNet, infer, outputShape } from '../../net/infer.js'
import { childPath, type Path } from '../../net/path.js'
import { channelsOf, sizeOf } from '../../net/shape.js'
import type { Layer, Stack } from '../../net/tree.js'
import { weightKey } from '../../net/weight-specs.js'
import type { Model } from '../../net/weights.js'
import { isPadded, slidesOf } from '../../net/window.js'
import type { Input } from '../input.js'
import { preprocessingOf } from './affine-preprocessing.js'
import type { Affine } from './include-normaliser.js'

type Pixels = Exclude<Input, 'normalised'>

/** The model behind its normaliser, and the pixels that this takes. */
export interface Lifted {
  readonly model: Model
  readonly preprocessing: Preprocessing
  readonly input: Pixels
}

interface First {
  readonly path: Path
  readonly layer: Layer
  /** What is left of the stack without it; null where nothing is. */
  readonly rest: Stack | null
}

/** The layer that alone reads what a stack reads, and the stack without it. */
const takeFirst = (stack: Stack, path: Path): First | null => {
  const [first, ...others] = stack.layers
  if (first === undefined) return null
  const place = childPath(path, first.name)
  const restOf = (head: readonly Layer[]): Stack | null =>
    head.length + others.length === 0 ? null : { ...stack, layers: [...head, ...others] }
  if (first._tag !== 'stack') return { path: place, layer: first, rest: restOf([]) }
  const inner = takeFirst(first, place)
  return inner && { ...inner, rest: restOf(inner.rest === null ? [] : [inner.rest]) }
}

/**
 * Whether a layer of windows reads one pixel for each that it gives, and changes no more than its channels' scale and
 * shift.
 */
const isPointwise = ({ layers }: CheckedNet, path: Path, layer: Layer): boolean =>
  (layer._tag === 'depthwise' || (layer._tag === 'conv' && layer.filters === 1)) &&
  layer.norm === null &&
  layer.activation === null &&
  sizeOf([layer.kernel, layer.stride].flat()) === 1 &&
  !isPadded(slidesOf(valueAt(layers, path).input, { ...layer, size: layer.kernel }))

/** A layer as a scale and a shift of each of so many channels; null for any other. */
const affineOf = (model: Model, { path, layer }: First): Affine | null => {
  const channels = channelsOf(model.net.input)
  const data = (slot: 'kernel' | 'bias' | 'scale') => model.weights[weightKey(path, slot)]?.data ?? []
  const isScale = layer._tag === 'scale'
  if (!isScale && !isPointwise(model, path, layer)) return null
  const [scale, shift] = [[...data(isScale ? 'scale' : 'kernel')], [...data('bias')]]
  return scale.length === channels ? { scale, shift: shift.length === 0 ? scale.map(() => 0) : shift } : null
}

/** The largest mean or deviation below which none is of pixels up to 255. */
const leastOfRaw = 8

/**
 * The pixels that mean and deviation are of: both are below 1 for pixels up to 1, and one is well above for those up to
 * 255; null between the two.
 */
const pixelsOf = ({ scale, shift }: Affine): Pixels | null => {
  const all = scale.map((each, c) => ({ mean: -elementAt(shift, c) / each, deviation: 1 / each }))
  const areWithin = (most: number): boolean =>
    all.every(({ mean, deviation }) => mean >= 0 && mean <= most && deviation > 0 && deviation <= most)
  if (areWithin(1)) return 'unit'
  const isLarge = all.every(({ mean, deviation }) => Math.max(mean, deviation) >= leastOfRaw)
  return areWithin(255) && isLarge ? 'raw' : null
}

const withBody = ({ net, weights }: Model, { path, rest }: First): Model | null => {
  if (rest === null) return null
  const kept = Object.entries(weights).filter(([key]) => !key.startsWith(`${path}/`))
  return pipe(
    infer({ ...net, body: rest }),
    E.map(checked => ({ ...checked, weights: Object.fromEntries(kept) })),
    O.fromEither,
    O.toNullable,
  )
}

/**
 * A model whose first layer scales and shifts the channels of pixels, without that layer, which becomes its preprocessing; null
 * for any other model, and where mean and deviation do not tell how large a pixel may be.
 *
 * Law  the model's output for preprocessed pixels is that of the whole model for the pixels
 */
export const liftNormaliser = (model: Model): Lifted | null => {
  const first = takeFirst(model.net.body, '')
  const affine = first && affineOf(model, first)
  const input = affine && pixelsOf(affine)
  const behind = input && withBody(model, first)
  if (!affine || !input || !behind) return null
  const classes = channelsOf(outputShape(model))
  const preprocessing = preprocessingOf(input, affine, model.net.input, classes)
  return preprocessing && { model: behind, preprocessing, input }
}
