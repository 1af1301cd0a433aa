/**
 * A criterion of one's own: filters close to all the others of their layer are replaceable (He et al. 2019, filter
 * pruning via geometric median). What does a net know right after half its multiply–accumulates went by it?
 */
import * as E from 'fp-ts/lib/Either.js'
import { reportFailure, run, withContext } from '../src/async/index.js'
import { evaluationFeed, glyphs, trainingFeed } from '../src/data/index.js'
import { convBnAct, dense, globalAvgPool, image, init, maxPool, net } from '../src/index.js'
import { accuracyOf, evaluate, evaluationBatch, recalibrate, train } from '../src/learn/index.js'
import { channelsOf, parentPath, type Tensor } from '../src/net/index.js'
import { type Criterion, l1, prune, random } from '../src/surgery/index.js'

const wide = net('wide', image(28, 28, 1),
  convBnAct(16, 3, { stride: 2 }), convBnAct(24), maxPool(), convBnAct(32), globalAvgPool, dense(10))

/** Of each filter, the sum of its distances to the others. Shapes  [k, k, in, out] → [out] */
const distances = ({ shape, data }: Tensor): Float64Array => {
  const filters = Array.from({ length: channelsOf(shape) }, (_, filter) =>
    data.filter((_, at) => at % channelsOf(shape) === filter))
  const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - (b[i] ?? 0)))
  return Float64Array.from(filters, a => filters.reduce((sum, b) => sum + distance(a, b), 0))
}

/** One number a channel of each convolution, by the layer's path. */
const median: Criterion = ({ weights }) => E.right(Object.fromEntries(
  Object.entries(weights).flatMap(([key, tensor]) =>
    key.endsWith('/kernel') && tensor.shape.length === 4 ? [[parentPath(key), distances(tensor)]] : [])))

await withContext({ data: glyphs({ train: 2000, test: 500 }) }, async context => {
  const { engine, dataset } = context
  const { model } = await run(train({ epochs: 3, batchSize: 50 })(context)(await run(init(0)(wide))))
  const calibration = { engine, feed: trainingFeed(dataset, { batch: 100, seed: 1 }), batch: 100, batches: 5 }
  const test = evaluationFeed(dataset, dataset.test, { batch: evaluationBatch })

  const accuracyAfter = async (by: Criterion) => {
    const pruned = await run(prune({ keep: { macs: 0.5 }, by, normalize: 'layer' })(model))
    const recalibrated = await run(recalibrate(calibration)(pruned.model))
    return accuracyOf(await run(evaluate(engine)(test)(recalibrated)))
  }
  console.log(`median ${await accuracyAfter(median)}, l1 ${await accuracyAfter(l1)}, random ${await accuracyAfter(random(0))}`)
}).catch(reportFailure)
