/** The inference graph of a model: from images to logits and probabilities, for any batch size. */
import { topologicalOrder, type Value } from '../graph/graph.js'
import { type Lowered, lower } from '../graph/lower.js'
import type { LowerOptions } from '../graph/lowering.js'
import * as op from '../graph/operations.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import type { Model, Weights } from '../net/weights.js'
import { foldNorm } from './rewrite/fold-norm.js'

/** The values that exporters write, with the input and the outputs. Each is lowered at batch size 1, which stands for any. */
export interface ServedModel {
  readonly images: Value
  readonly outputs: { readonly logits: Value; readonly probabilities: Value }
  readonly values: readonly Value[]
  readonly weights: Weights
  /** The innermost layer that computes a value. */
  readonly layerOf: (value: Value) => Path
}

type LayerOutputs = readonly (readonly [Path, Value])[]

/** A layer computes its output, and each value that leads to it and that no other layer computes. */
const innermostLayers = (layerOutputs: LayerOutputs, values: readonly Value[]): ReadonlyMap<Value, Path> => {
  const layerOf = new Map<Value, Path>()
  const claim = (path: Path) => (value: Value) => {
    if (!layerOf.has(value)) layerOf.set(value, path)
  }
  for (const [path, value] of layerOutputs) claim(path)(value)
  for (const value of values.toReversed()) value.inputs.forEach(claim(layerOf.get(value) ?? ''))
  return layerOf
}

const serve = ({ images, logits, at }: Lowered, trained: Weights): ServedModel => {
  const { now, weights } = foldNorm(topologicalOrder([logits]), trained)
  const outputs = { logits: now(logits), probabilities: op.softmax(now(logits)) }
  const values = topologicalOrder([images, outputs.probabilities])
  const layers = innermostLayers(
    [...at].map(([path, value]) => [path, now(value)]),
    values,
  )
  return { images, outputs, values, weights, layerOf: value => layers.get(value) ?? '' }
}

/** Lowers a model whose weights were checked, and folds its batch norms; grouped convolutions stay whole on request. */
export const servedModel = (
  model: Model,
  { wholeGroups = false }: Pick<LowerOptions, 'wholeGroups'> = {},
): ServedModel => serve(lower({ batch: 1, mode: 'inference', wholeGroups })(model), model.weights)

/** A value's shape with an open batch size. */
export const openBatch = (shape: Shape): Shape => [-1, ...shape.slice(1)]
