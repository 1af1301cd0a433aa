/** A training step of the reference net on one of espalier's engines. Arguments: engine, batch, threads. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { engineOf } from '../src/engine/choose.js'
import { crossEntropy } from '../src/graph/loss.js'
import { optimizerFeeds, sgd, updatesOf } from '../src/graph/optimizer.js'
import type { Program } from '../src/graph/value.js'
import { follow, type Seen, seeing, slopesOf } from '../src/learn/train.js'
import { plant } from '../src/net/weights.js'
import { answer } from './contestant.js'
import { imagesOf, reference, targetsOf } from './net.js'

const [name = 'tensorflow', images = '64', threads = '2'] = process.argv.slice(2)
const batch = Number(images)
const optimizer = sgd({ nesterov: false, decay: 0 })

const stepOf = (seen: Seen): Program => {
  const loss = crossEntropy(seen.logits, seen.targets)
  return {
    step: { outputs: { loss }, updates: [...updatesOf(optimizer)(slopesOf(seen, loss)), ...follow(seen)] },
  }
}

const main = pipe(
  TE.Do,
  TE.bind('engine', () => engineOf(name, Number(threads))),
  TE.bindW('model', () => TE.fromEither(plant(0)(reference))),
  TE.bindW('seen', () => TE.fromEither(seeing(batch)(reference))),
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
