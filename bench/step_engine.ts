/** A training step of the reference net on one of espalier's engines. Arguments: engine, batch, threads. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { openEngine } from '../src/engine/open.js'
import type { Program } from '../src/graph/graph.js'
import { crossEntropy } from '../src/graph/loss.js'
import { optimizerFeeds, sgd, updatesOf } from '../src/graph/optimizer.js'
import {
  lowerForTraining,
  runningStatistics,
  type TrainingGraph,
  weightGradients,
} from '../src/learn/training/train.js'
import { init } from '../src/net/weights.js'
import { answer } from './contestant.js'
import { imagesOf, reference, targetsOf } from './net.js'

const [name = 'tensorflow', images = '64', threads = '2'] = process.argv.slice(2)
const batch = Number(images)
const optimizer = sgd({ nesterov: false, weightDecay: 0 })

const stepOf = (seen: TrainingGraph): Program => {
  const loss = crossEntropy(seen.logits, seen.targets)
  return {
    step: {
      outputs: { loss },
      updates: [...updatesOf(optimizer)(weightGradients(seen, loss)), ...runningStatistics(seen)],
    },
  }
}

const main = pipe(
  TE.Do,
  TE.bind('engine', () => openEngine(name, Number(threads))),
  TE.bindW('model', () => TE.fromEither(init(0)(reference))),
  TE.bindW('seen', ({ model }) => TE.fromEither(lowerForTraining({ batchSize: batch, freeze: [] })(model))),
  TE.bindW('session', ({ engine, seen }) => engine.open(stepOf(seen))),
  TE.map(({ session, model }) => {
    session.write(model.weights)
    const feeds = {
      images: imagesOf(batch),
      targets: targetsOf(batch),
      ...optimizerFeeds(optimizer, 0.01, 0),
    }
    return () => session.run('step', feeds)
  }),
)

const step = await main()
if (step._tag === 'Left') throw new Error(JSON.stringify(step.left))
await answer(step.right)
