/** The ranges of values between layers, measured on images: what a calibrated export rounds by. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../../data/dataset.js'
import { evaluationFeed } from '../../../data/pipeline/batches.js'
import { closeSession, type Engine, type Session } from '../../../engine/engine.js'
import type { Graph, Value } from '../../../graph/graph.js'
import { engineFailed, type LearnError } from '../../../learn/error.js'
import { checkData } from '../../../learn/evaluation/check-data.js'
import type { Model } from '../../../net/weights.js'
import { servedModel } from '../../served-model.js'
import { emitServed } from '../export/graph.js'
import type { Ref } from '../export/node.js'
import { type Edges, edgesIn } from './edges.js'
import { splitGroups } from './split-groups.js'

/** The least and the largest of some values. */
export type Range = readonly [least: number, most: number]

/** The ranges of what a product reads and of what its layer gives; of an output of the graph there is none. */
export interface ProductRanges {
  readonly input: Range
  readonly output: Range | null
}

/** By the name of the product's node. */
export type Ranges = ReadonlyMap<string, ProductRanges>

const nothing: Range = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

const widen = ([least, most]: Range, data: Float32Array): Range => {
  let [low, high] = [least, most]
  for (const value of data) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

/** The values whose ranges are wanted, by the name of their ONNX tensor, as a call of an engine. */
const callOf = (edges: readonly Edges[], tensors: ReadonlyMap<Ref, Value>): Graph => {
  const wanted = new Set(edges.flatMap(({ input, output }) => (output === null ? [input] : [input, output])))
  const outputs = Object.fromEntries(
    [...wanted].flatMap(name => {
      const value = tensors.get(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  return { outputs, updates: [] }
}

/** The places of so many images, spread over all: neighbours are often of one class. */
const spread = (count: number, all: number): readonly number[] => {
  const taken = Math.min(count, all)
  return Array.from({ length: taken }, (_, nth) => Math.floor((nth * all) / taken))
}

/** Of each output, the range over the images. */
const measure = async (
  session: Session<{ readonly infer: Graph }>,
  dataset: Dataset,
  count: number,
): Promise<ReadonlyMap<Ref, Range>> => {
  const { validation } = dataset
  const feed = evaluationFeed(dataset, validation, { batch: 1 })
  const ranges = new Map<Ref, Range>()
  for (const place of spread(count, validation.size)) {
    const { images } = await feed.batch(0, place)
    for (const [name, data] of Object.entries(session.run('infer', { images })))
      ranges.set(name, widen(ranges.get(name) ?? nothing, data))
  }
  return ranges
}

const rangesOf = (edges: readonly Edges[], measured: ReadonlyMap<Ref, Range>): Ranges =>
  new Map(
    edges.flatMap(({ product, input, output }) => {
      const found = measured.get(input)
      const given = output === null ? null : measured.get(output)
      return found === undefined || given === undefined ? [] : [[product, { input: found, output: given }]]
    }),
  )

/** An engine, and the images it measures. */
export interface MeasureResources {
  readonly engine: Engine
  readonly dataset: Dataset
}

const measureOn = (
  { engine, dataset }: MeasureResources,
  images: number,
  model: Model,
): TE.TaskEither<LearnError, Ranges> => {
  const served = servedModel(model, { wholeGroups: true })
  const { graph, tensors } = emitServed(model.net.name, served)
  const edges = edgesIn(graph)
  const split = splitGroups(served.values)
  const infer = callOf(edges, new Map([...tensors].map(([name, value]) => [name, split.get(value) ?? value])))
  return TE.bracket(
    engine.open({ infer }, served.weights),
    session =>
      pipe(
        TE.tryCatch(() => measure(session, dataset, images), engineFailed(engine)),
        TE.map(measured => rangesOf(edges, measured)),
      ),
    closeSession,
  )
}

/** By default as many images as calibrations commonly have. */
const usualImages = 200

/**
 * Measures the ranges of the values between a model's layers on validation images, for an export whose `activations` they are.
 *
 * Errors  DataDiffers; TooFewImages without a validation image; those of the data and the engine
 *
 * @example
 * measureRanges({ engine, dataset })(model)
 */
export const measureRanges =
  (resources: MeasureResources, { images = usualImages }: { readonly images?: number } = {}) =>
  (model: Model): TE.TaskEither<LearnError, Ranges> =>
    pipe(
      TE.fromEither<LearnError, void>(checkData(resources.dataset)(model)),
      TE.filterOrElse(
        () => resources.dataset.validation.size > 0,
        (): LearnError => ({ _tag: 'TooFewImages', images: null, batch: 1 }),
      ),
      TE.flatMap(() => measureOn(resources, images, model)),
    )
