/** Training steps or inference of a model on one of espalier's engines. Arguments: stage, engine, folder of the net, batch, threads. */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readModel } from '../../src/convert/model-file.js'
import type { Engine, Feeds } from '../../src/engine/engine.js'
import { openEngine } from '../../src/engine/open.js'
import { type Graph, inputsOf } from '../../src/graph/graph.js'
import { trainDefaults } from '../../src/learn/options.js'
import { trainCalls } from '../../src/learn/training/calls.js'
import { lowerForInference, rateFeeds } from '../../src/learn/training/train.js'
import { outputShape } from '../../src/net/infer.js'
import { channelsOf, sizeOf } from '../../src/net/shape.js'
import type { Model } from '../../src/net/weights.js'
import { imagesOf, targetsOf } from '../net.js'
import { done } from '../tools.js'
import { answer } from './answer.js'

const [stage = 'train', name = 'tensorflow', folder = '.', size = '64', threads = '2'] = process.argv.slice(2)
const batch = Number(size)

/** What dropout layers are fed: nothing is random here. */
const noiseOf = (graph: Graph): Feeds =>
  Object.fromEntries(
    Object.entries(inputsOf(graph))
      .filter(([name]) => name.startsWith('noise/'))
      .map(([name, shape]) => [name, new Float32Array(sizeOf(shape)).fill(0.5)]),
  )

/** A whole step of SGD with momentum: forward, backward, update, running statistics. */
const trainingStep = (engine: Engine, model: Model): TE.TaskEither<unknown, () => unknown> => {
  const options = { ...trainDefaults, batchSize: batch }
  return pipe(
    TE.fromEither(trainCalls(options, 1)(model)),
    TE.bindTo('calls'),
    TE.bindW('session', ({ calls }) => engine.open(calls)),
    TE.map(({ calls, session }) => {
      session.write(model.weights)
      const feeds = {
        ...noiseOf(calls.train),
        images: imagesOf(batch, model.net.input),
        targets: targetsOf(batch, channelsOf(outputShape(model))),
        ...rateFeeds(options)(500, 1000),
      }
      return () => session.run('train', feeds)
    }),
  )
}

const inference = (engine: Engine, model: Model): TE.TaskEither<unknown, () => unknown> =>
  pipe(
    engine.open({ infer: lowerForInference(batch)(model) }, model.weights),
    TE.map(session => {
      const images = imagesOf(batch, model.net.input)
      return () => session.run('infer', { images })
    }),
  )

await answer(
  await done(
    pipe(
      TE.Do,
      TE.bind('engine', () => openEngine(name, Number(threads))),
      TE.bindW('model', () => readModel(join(folder, 'model.safetensors'))),
      TE.flatMap(
        ({ engine, model }): TE.TaskEither<unknown, () => unknown> =>
          (stage === 'train' ? trainingStep : inference)(engine, model),
      ),
    ),
  ),
)
