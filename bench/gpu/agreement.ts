/** Whether TensorFlow, on a card or not, computes what the wasm engine does on the processor: random nets, a step and inference. */
import * as fc from 'fast-check'
import type { Engine, Feeds } from '../../src/engine/engine.js'
import { type Graph, inputsOf, type Program } from '../../src/graph/graph.js'
import { trainDefaults } from '../../src/learn/options.js'
import { trainCalls } from '../../src/learn/training/calls.js'
import { lowerForInference, rateFeeds } from '../../src/learn/training/train.js'
import { countParams } from '../../src/net/counts.js'
import { outputShape } from '../../src/net/infer.js'
import { channelsOf } from '../../src/net/shape.js'
import type { Model } from '../../src/net/weights.js'
import { apart, type Numbers } from '../../test/support/nets/agree.js'
import { arbitraryModel } from '../../test/support/nets/arbitrary.js'
import { imagesOf, targetsOf } from '../net.js'
import { done, right } from '../tools.js'

const batchSize = 4
const options = { ...trainDefaults, batchSize }

/** The largest difference in each part, relative to the largest value of the array it is in. */
export interface Agreement {
  readonly layers: number
  readonly params: number
  /** Of the logits. */
  readonly inference: number
  /** Of the weights after one step. */
  readonly step: number
}

interface Computed {
  readonly logits: Numbers
  readonly weights: Numbers
}

const programOf = (model: Model): Program & { readonly train: Graph; readonly infer: Graph } => ({
  ...right(trainCalls(options, 1)(model)),
  infer: lowerForInference(batchSize)(model),
})

const feedsOf = (model: Model, graph: Graph): Feeds => {
  const all: Feeds = {
    images: imagesOf(batchSize, model.net.input),
    targets: targetsOf(batchSize, channelsOf(outputShape(model))),
    ...rateFeeds(options)(500, 1000),
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in inputsOf(graph)))
}

const compute = async (engine: Engine, model: Model): Promise<Computed> => {
  const program = programOf(model)
  const session = await done(engine.open(program))
  session.write(model.weights)
  const logits = session.run('infer', feedsOf(model, program.infer))
  session.run('train', feedsOf(model, program.train))
  const weights = Object.entries(session.read()).map(([key, { data }]) => [key, data] as const)
  session.close()
  return { logits, weights: Object.fromEntries(weights) }
}

const compare =
  (engines: readonly [Engine, Engine]) =>
  async (model: Model): Promise<Agreement> => {
    const [expected, got] = [await compute(engines[0], model), await compute(engines[1], model)]
    return {
      layers: model.layers.size,
      params: countParams(model),
      inference: apart(expected.logits, got.logits),
      step: apart(expected.weights, got.weights),
    }
  }

/** So many random nets, the same for the same seed. */
export const measureAgreement = async (
  engines: readonly [expected: Engine, got: Engine],
  nets: number,
  seed = 0,
): Promise<readonly Agreement[]> => {
  const rows: Agreement[] = []
  for (const model of fc.sample(arbitraryModel(), { numRuns: nets, seed }))
    rows.push(await compare(engines)(model))
  return rows
}
