/**
 * A training loop of one's own, on the operations themselves: signSGD (Bernstein et al. 2018) moves each weight by the
 * same amount, up or down, and is one line here. Does it learn the glyphs as fast as momentum does?
 */
import { type Context, reportFailure, run, withContext } from '../src/async/index.js'
import { glyphs, trainingFeed } from '../src/data/index.js'
import type { Value, WeightGradient } from '../src/graph/index.js'
import { crossEntropy, differentiate, lower, op, rateInput, sgd, updatesOf } from '../src/graph/index.js'
import { convBnAct, dense, globalAvgPool, image, init, type Model, maxPool, net } from '../src/index.js'

const [batch, epochs] = [50, 3]

const small = net('small', image(28, 28, 1),
  convBnAct(8), maxPool(), convBnAct(16), maxPool(), convBnAct(24), globalAvgPool, dense(10))

/** An optimizer is no more than this: changed weights from gradients. */
type Optimizer = (gradients: readonly WeightGradient[]) => readonly Value[]

const signSgd: Optimizer = gradients => gradients.map(({ key, weight, gradient }) =>
  op.assign(key, op.sub(weight, op.mul(op.sign(gradient), rateInput))))

/** A step as a graph: the loss, the weights changed by it, and running statistics. */
const stepOf = (model: Model, optimizer: Optimizer) => {
  const { logits, weights, statistics } = lower({ batch, mode: 'training' })(model)
  const loss = crossEntropy(logits, op.input('targets', logits.shape))
  const running = statistics.map(({ key, seen, keep }) => op.average(key, seen, keep))
  const trained = [...weights].filter(([key]) => statistics.every(statistic => statistic.key !== key))
  const gradients = differentiate()(loss, trained.map(([, weight]) => weight))
  const trainedGradients = trained.map(([key, weight], nth) => ({ key, weight, gradient: gradients[nth] ?? weight }))
  return { outputs: { loss }, updates: [...optimizer(trainedGradients), ...running] }
}

/** The mean loss of each epoch. */
const learn = async ({ engine, dataset, seed }: Context, learningRate: number, optimizer: Optimizer): Promise<string> => {
  const model = await run(init(seed)(small))
  const feed = trainingFeed(dataset, { batch, seed })
  const session = await run(engine.open({ step: stepOf(model, optimizer) }))
  const means = new Float32Array(epochs)
  session.write(model.weights)
  for (let nth = 0; nth < epochs * feed.batches; nth++) {
    const epoch = Math.floor(nth / feed.batches)
    const { images, targets } = await feed.batch(epoch, nth % feed.batches)
    const { loss } = session.run('step', { images, targets, rate: Float32Array.of(learningRate) })
    means[epoch] = (means[epoch] ?? 0) + (loss[0] ?? 0) / feed.batches
  }
  session.close()
  return Array.from(means, mean => mean.toFixed(3)).join(' ')
}

await withContext({ data: glyphs({ train: 2000, test: 100 }) }, async context => {
  console.log(`signSGD  ${await learn(context, 0.002, signSgd)}`)
  console.log(`momentum ${await learn(context, 0.02, updatesOf(sgd({ weightDecay: 0 })))}`)
}).catch(reportFailure)
