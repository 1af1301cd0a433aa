/** Compares an imported model with what onnxruntime makes of its file, where that is installed. */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { closeSession } from '../../../engine/engine.js'
import { openEngine } from '../../../engine/open.js'
import { lower } from '../../../graph/lower.js'
import { elementAt } from '../../../io/element.js'
import { normals } from '../../../net/random.js'
import { sizeOf } from '../../../net/shape.js'
import type { Model } from '../../../net/weights.js'
import type { NotChecked, RuntimeAgrees } from '../../error.js'
import { loadRuntime, type Runtime, runtimeMissing } from '../runtime.js'
import type { OnnxGraph } from './graph.js'
import { dimsOf, positionsOf, type View } from './view.js'

/** Values that are compared: more would take long, and memory. */
const mostValues = 2 ** 24

/** For each number of an ONNX tensor, where it is among ours. */
const positionsIn = (view: View, shape: readonly number[]): readonly number[] => {
  const steps = [...shape.map((_, axis) => sizeOf(shape.slice(axis + 1))), sizeOf(shape)] // the batch's is the last
  const spans = view.flat().map(span => ({ ...span, step: span.step * (steps.at(span.axis) ?? 1) }))
  return positionsOf(spans)
}

const softmax = (logits: Float32Array): Float32Array => {
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const powers = logits.map(each => Math.exp(each - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(each => each / sum)
}

/** What the file's output has for these logits, image by image. */
const outputOf = ({ end }: OnnxGraph, logits: Float32Array, classes: number): Float32Array => {
  if (end.softmax === null) return logits
  const isLog = end.softmax.className === 'LogSoftmax'
  const result = new Float32Array(logits.length)
  for (let from = 0; from < logits.length; from += classes) {
    const shares = softmax(logits.subarray(from, from + classes))
    result.set(isLog ? shares.map(Math.log) : shares, from)
  }
  return result
}

/** The logits for images, by the engine that is part of this package. */
const forward = (model: Model, batch: number, images: Float32Array) =>
  pipe(
    TE.right(lower({ batch, mode: 'inference' })(model)),
    TE.bindTo('graph'),
    TE.bindW('engine', () => openEngine('wasm')),
    TE.flatMap(({ graph: { logits }, engine }) =>
      TE.bracketW(
        engine.open({ infer: { outputs: { logits }, updates: [] } }, model.weights),
        session => TE.right(session.run('infer', { images }).logits),
        closeSession,
      ),
    ),
    TE.mapLeft(({ _tag }): string => _tag),
  )

const runRuntime = async (runtime: Runtime, file: string, { images, end }: OnnxGraph, data: Float32Array) => {
  const session = await runtime.InferenceSession.create(file, { graphOptimizationLevel: 'basic' })
  try {
    const outputs = await session.run({
      [images.name]: new runtime.Tensor('float32', data, dimsOf(images.view)),
    })
    return outputs[end.output]?.data ?? []
  } finally {
    await session.release()
  }
}

/** The largest difference, as a share of the largest value. */
const relativeDifference = (expected: ArrayLike<number>, got: ArrayLike<number>): number => {
  let [most, worst] = [0, expected.length === got.length ? 0 : Number.POSITIVE_INFINITY]
  for (let i = 0; i < expected.length; i++) {
    const value = elementAt(expected, i)
    most = Math.max(most, Math.abs(value))
    worst = Math.max(worst, Math.abs(value - (got[i] ?? Number.NaN)))
  }
  return worst === 0 ? 0 : worst / most
}

const notChecked = (reason: string): NotChecked => ({ _tag: 'NotChecked', runtime: 'onnxruntime', reason })

const compare = (
  runtime: Runtime,
  file: string,
  graph: OnnxGraph,
  model: Model,
): TE.TaskEither<NotChecked, RuntimeAgrees> => {
  const { batch, shape, view } = graph.images
  const images = normals(0, 'images', batch * sizeOf(shape), 1)
  const given = Float32Array.from(positionsIn(view, shape), position => elementAt(images, position))
  return pipe(
    TE.tryCatch(() => runRuntime(runtime, file, graph, given), String),
    TE.bindTo('expected'),
    TE.bind('logits', () => forward(model, batch, images)),
    TE.bimap(
      notChecked,
      ({ expected, logits }): RuntimeAgrees => ({
        _tag: 'RuntimeAgrees',
        runtime: 'onnxruntime',
        difference: relativeDifference(expected, outputOf(graph, logits, logits.length / batch)),
      }),
    ),
  )
}

/**
 * The largest difference between the model's outputs for random images and onnxruntime's for the file it was read from,
 * as a share of the largest output; or why they were not compared.
 */
export const checkParity = (
  file: string,
  graph: OnnxGraph,
  model: Model,
): TE.TaskEither<NotChecked, RuntimeAgrees> => {
  const { batch, shape } = graph.images
  const runtime = loadRuntime()
  if (runtime === null) return TE.left(notChecked(runtimeMissing))
  return batch * sizeOf(shape) > mostValues
    ? TE.left(notChecked(`a batch of ${batch} images is large`))
    : compare(runtime, file, graph, model)
}
