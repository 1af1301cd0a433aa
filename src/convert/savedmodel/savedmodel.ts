/** TensorFlow SavedModel for serving: one graph with constant weights, and a signature. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Emitted, Emitter } from '../../engine/tensorflow/emitters/emitter.js'
import { type Edges, emit } from '../../engine/tensorflow/emitters/index.js'
import { floats } from '../../engine/tensorflow/graph/node.js'
import { type Port, type SavedGraph, savedModel } from '../../engine/tensorflow/graph/proto.js'
import { placeholder } from '../../engine/tensorflow/graph/variables.js'
import { type Writer, writer } from '../../engine/tensorflow/graph/writer.js'
import type { Update, Value } from '../../graph/graph.js'
import { isCode } from '../../io/exception.js'
import type { Model, Tensor, Weights } from '../../net/weights.js'
import type { Description } from '../description.js'
import type { ExportError } from '../error.js'
import { openBatch, type ServedModel, servedModel } from '../served-model.js'
import { type File, jsonFile } from '../target.js'

const refuseUpdate: Emitter<Update['kind']> = (_, { op }) => {
  throw new Error(`cannot export ${op.kind}: an inference graph updates no variable`)
}

const edges = (weights: Weights): Edges => ({
  input: (write, { op, shape }) => [placeholder(write, op.name, openBatch(shape))],
  weight: (write, { op }) => {
    const { shape, data } = weights[op.name] as Tensor // the model was checked to have every slot
    return [write.array(shape, data, op.name)]
  },
  assign: refuseUpdate,
  average: refuseUpdate,
  momentum: refuseUpdate,
  adam: refuseUpdate,
})

const graphOf = (write: Writer, { images, outputs, values, weights }: ServedModel): SavedGraph => {
  const refs = emit(write, edges(weights))(values)
  const refOf = (value: Value) => (refs.get(value) as Emitted)[0] // every value was emitted
  const port = ([name, value]: readonly [string, Value]): readonly [string, Port] => [
    name,
    { ref: write.add('Identity', [refOf(value)], floats, name), shape: openBatch(value.shape) },
  ]
  const signature = {
    inputs: { images: { ref: refOf(images), shape: openBatch(images.shape) } },
    outputs: Object.fromEntries(Object.entries(outputs).map(port)),
  }
  return { nodes: write.nodes(), signatures: { serving_default: signature } }
}

const isMissing = isCode('MODULE_NOT_FOUND')

const encode = (graph: SavedGraph): E.Either<ExportError, Uint8Array> => {
  try {
    return E.right(savedModel(graph))
  } catch (reason) {
    if (!isMissing(reason)) throw reason
    const name = '@tensorflow/tfjs-node-gpu'
    return E.left({ _tag: 'PackageMissing', name, mend: `npm install --ignore-scripts ${name}` })
  }
}

/** A model's inference graph in TensorFlow, with the signature `serving_default`. */
export const servingGraph = (model: Model): SavedGraph => graphOf(writer(), servedModel(model))

/**
 * The files of a SavedModel with the signature `serving_default`. `assets.extra` describes its input.
 *
 * Shapes  images [n, height, width, channels] → logits [n, classes], probabilities [n, classes], for any n
 * Errors  PackageMissing
 */
export const toSavedModel = (
  model: Model,
  description: Description | null = null,
): E.Either<ExportError, readonly File[]> =>
  pipe(
    encode(servingGraph(model)),
    E.map(bytes => [
      { name: 'saved_model.pb', bytes },
      ...(description === null ? [] : [jsonFile('assets.extra/preprocessing.json', description)]),
    ]),
  )
