/** A model as its users see it: images in, logits and probabilities out, for any number of images. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { topologicalOrder, type Value } from '../graph/graph.js'
import { type Lowered, lower } from '../graph/lower.js'
import * as op from '../graph/operations.js'
import type { NetError } from '../net/error.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import type { Model, Weights } from '../net/weights.js'
import { foldNorm } from './fold-norm.js'

/** The flat list that emitters write, and its ends. The first size of every value is 1 and stands for any. */
export interface ServedModel {
  readonly images: Value
  readonly outputs: { readonly logits: Value; readonly probabilities: Value }
  readonly values: readonly Value[]
  readonly weights: Weights
  /** The innermost layer each value is computed in. */
  readonly layerOf: (value: Value) => Path
}

type At = readonly (readonly [Path, Value])[]

/** A layer's output is its own; what only leads to it is its too. */
const layersOf = (at: At, values: readonly Value[]): ReadonlyMap<Value, Path> => {
  const layerOf = new Map<Value, Path>()
  const claim = (path: Path) => (value: Value) => {
    if (!layerOf.has(value)) layerOf.set(value, path)
  }
  for (const [path, value] of at) claim(path)(value)
  for (const value of values.toReversed()) value.inputs.forEach(claim(layerOf.get(value) ?? ''))
  return layerOf
}

const ends = ({ images, logits, at }: Lowered, before: Weights): ServedModel => {
  const { now, weights } = foldNorm(topologicalOrder([logits]), before)
  const outputs = { logits: now(logits), probabilities: op.softmax(now(logits)) }
  const values = topologicalOrder([images, outputs.probabilities])
  const layers = layersOf(
    [...at].map(([path, value]) => [path, now(value)]),
    values,
  )
  return { images, outputs, values, weights, layerOf: value => layers.get(value) ?? '' }
}

/** Lowers a model that fits, its batch norms folded. Errors  those of `infer` */
export const servedModel = ({ net, weights }: Model): E.Either<NetError, ServedModel> =>
  pipe(
    net,
    lower({ batch: 1, mode: 'inference' }),
    E.map(lowered => ends(lowered, weights)),
  )

/** A value's sizes with the first left open. */
export const open = (shape: Shape): Shape => [-1, ...shape.slice(1)]
