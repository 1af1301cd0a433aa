/** Reads a model's topology as a graph of named layers; models inside it are flattened. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode } from '../../../io/codec.js'
import type { Shape } from '../../../net/shape.js'
import type { ImportError } from '../../error.js'
import { notATree } from '../../tree/graph.js'
import { resolveAliases } from './aliases.js'
import { type FlatModel, flattenModel } from './flatten.js'
import {
  type KerasGraph,
  type KerasNode,
  type KerasVersion,
  type LayerJson,
  optionDiffers,
} from './layer-json.js'
import { outermost } from './place.js'

const inputShape = new t.Type<Shape, unknown>(
  '[null, height, width, channels]',
  (u): u is Shape => Array.isArray(u),
  (u, context) =>
    Array.isArray(u) && u.length > 1 && u[0] === null && u.slice(1).every(Number.isInteger)
      ? t.success(u.slice(1))
      : t.failure(u, context),
  t.identity,
)

/** The options that give an input's shape: of Keras 3, of Keras 2, of a sequential model. */
const shapeOptions = ['batch_shape', 'batch_input_shape', 'build_input_shape']

const shapeOf = (inputs: readonly LayerJson[]): E.Either<ImportError, Shape> => {
  const [first] = inputs
  if (first === undefined) return E.left(notATree('', 'no layers'))
  const found = inputs.flatMap(layer =>
    shapeOptions.flatMap(option => (option in layer.config ? [{ layer, option }] : [])),
  )
  const { layer, option } = found[0] ?? { layer: first, option: 'batch_input_shape' }
  return pipe(decode(inputShape)(layer.config[option]), E.mapLeft(optionDiffers(layer, option)))
}

/** Names that several layers have. */
const repeated = (nodes: readonly KerasNode[]): string | undefined => {
  const seen = new Set<string>()
  return nodes.find(({ name }) => seen.size === seen.add(name).size)?.name
}

const graphIn = ({
  name,
  nodes,
  aliases,
  start,
  end,
  inputs,
}: FlatModel): E.Either<ImportError, KerasGraph> => {
  const again = repeated(nodes)
  if (nodes.length < 2) return E.left(notATree('', 'no layers'))
  if (again !== undefined) return E.left(notATree(again, 'same name'))
  return pipe(
    shapeOf(inputs),
    E.map(input => ({ name, input, nodes: new Map(nodes.map(node => [node.name, node])), start, end })),
    E.map(resolveAliases(aliases)),
  )
}

/**
 * The graph of a model's topology.
 *
 * Errors  DecodeError; NotATree where a layer is shared, or without exactly one input and one output; LayerDiffers where
 *         the input's shape or a layer's inputs are malformed
 */
export const graphOf =
  (version: KerasVersion) =>
  (topology: unknown): E.Either<ImportError | DecodeError, KerasGraph> =>
    pipe(flattenModel(version, outermost)(topology), E.flatMap(graphIn))
