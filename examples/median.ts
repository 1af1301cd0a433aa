/**
 * A criterion of one's own: filters close to all the others of their layer are replaceable (He et al. 2019, filter
 * pruning via geometric median). What does a net know right after half its multiply–accumulates went by it?
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { evaluationFeed, glyphs, openData, trainingFeed } from '../src/data/index.js'
import { openEngine } from '../src/engine/index.js'
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

await pipe(
  TE.Do,
  TE.bind('engine', () => openEngine()),
  TE.bindW('dataset', () => openData({ seed: 0 })(glyphs({ train: 2000, test: 500 }))),
  TE.bindW('planted', () => TE.fromEither(init(0)(wide))),
  TE.bindW('trained', ({ engine, dataset, planted }) =>
    train({ epochs: 3, batchSize: 50 })({ engine, dataset, seed: 0 })(planted)),
  TE.flatMap(({ engine, dataset, trained: { model } }) => {
    const sight = { engine, feed: trainingFeed(dataset, { batch: 100, seed: 1 }), batch: 100, batches: 5 }
    const after = (by: Criterion) => pipe(
      TE.fromEither(prune({ keep: { macs: 0.5 }, by, normalize: 'layer' })(model)),
      TE.flatMap(pruned => recalibrate(sight)(pruned.model)),
      TE.flatMap(evaluate(engine)(evaluationFeed(dataset, dataset.test, { batch: evaluationBatch }))),
      TE.map(accuracyOf))
    return TE.sequenceSeqArray([after(median), after(l1), after(random(0))])
  }),
  TE.match(console.error, ([ours, usual, chance]) => console.log(`median ${ours}, l1 ${usual}, random ${chance}`)),
)()
