/**
 * A training loop of one's own, on the operations themselves: signSGD (Bernstein et al. 2018) moves each weight by the
 * same amount, up or down, and is one line here. Does it learn the glyphs as fast as momentum does?
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Feed, glyphs, openData, trainingFeed } from '../src/data/index.js'
import { type Engine, openEngine } from '../src/engine/index.js'
import type { Value, WeightGradient } from '../src/graph/index.js'
import { crossEntropy, differentiate, lower, op, rateInput, sgd, updatesOf } from '../src/graph/index.js'
import { convBnAct, dense, globalAvgPool, image, init, type Model, maxPool, net } from '../src/index.js'

const [batch, epochs] = [50, 3]

const small = net('small', image(28, 28, 1),
  convBnAct(8), maxPool(), convBnAct(16), maxPool(), convBnAct(24), globalAvgPool, dense(10))

/** An optimizer is no more than this: changed weights from slopes. */
type Optimizer = (slopes: readonly WeightGradient[]) => readonly Value[]

const signSgd: Optimizer = slopes => slopes.map(({ key, weight, gradient }) =>
  op.assign(key, op.sub(weight, op.mul(op.sign(gradient), rateInput))))

/** A step as a graph: the loss, the weights changed by it, and running statistics. */
const stepOf = ({ net }: Model, optimizer: Optimizer) => pipe(
  net,
  lower({ batch, mode: 'training' }),
  E.map(({ logits, weights, statistics }) => {
    const loss = crossEntropy(logits, op.input('targets', logits.shape))
    const running = statistics.map(({ key, seen, keep }) => op.average(key, seen, keep))
    const trained = [...weights].filter(([key]) => statistics.every(statistic => statistic.key !== key))
    const gradients = differentiate()(loss, trained.map(([, weight]) => weight))
    const slopes = trained.map(([key, weight], nth) => ({ key, weight, gradient: gradients[nth] ?? weight }))
    return { outputs: { loss }, updates: [...optimizer(slopes), ...running] }
  }))

/** The mean loss of each epoch. */
const learn = (engine: Engine, feed: Feed, model: Model) => (rate: number, optimizer: Optimizer) => pipe(
  TE.fromEither(stepOf(model, optimizer)),
  TE.flatMap(step => engine.open({ step })),
  TE.flatMapTask(session => async () => {
    const means = new Float32Array(epochs)
    session.write(model.weights)
    for (let nth = 0; nth < epochs * feed.batches; nth++) {
      const epoch = Math.floor(nth / feed.batches)
      const { images, targets } = await feed.batch(epoch, nth % feed.batches)
      const { loss } = session.run('step', { images, targets, rate: Float32Array.of(rate) })
      means[epoch] = (means[epoch] ?? 0) + (loss[0] ?? 0) / feed.batches
    }
    session.close()
    return Array.from(means, mean => mean.toFixed(3)).join(' ')
  }))

await pipe(
  TE.Do,
  TE.bind('engine', () => openEngine()),
  TE.bindW('dataset', () => openData({ seed: 0 })(glyphs({ train: 2000, test: 100 }))),
  TE.bindW('model', () => TE.fromEither(init(0)(small))),
  TE.let('by', ({ engine, dataset, model }) => learn(engine, trainingFeed(dataset, { batch, seed: 0 }), model)),
  TE.bindW('signs', ({ by }) => by(0.002, signSgd)),
  TE.bindW('momentum', ({ by }) => by(0.02, updatesOf(sgd({ weightDecay: 0 })))),
  TE.match(console.error, ({ signs, momentum }) => console.log(`signSGD  ${signs}\nmomentum ${momentum}`)),
)()
