/**
 * A criterion of one's own in a schedule: filters close to all the others of their layer are replaceable (He et al.
 * 2019, filter pruning via geometric median). What does a net know after half its multiply–accumulates went by it?
 *
 * npm run compile-and-train -- examples/median.ts
 */
import { convBnAct, criterion, dense, experiment, globalAvgPool, glyphs, image, maxPool, net, prune, train } from '../src/index.js'
import { channelsOf, isKeyOf, parentPath, type Tensor } from '../src/net/index.js'

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
const median = criterion('median', ({ weights }) => Object.fromEntries(
  Object.entries(weights).flatMap(([key, tensor]) =>
    isKeyOf('kernel')(key) && tensor.shape.length === 4 ? [[parentPath(key), distances(tensor)]] : [])))

export default experiment(wide, glyphs({ train: 2000, test: 500 }),
  train({ epochs: 3, batchSize: 50 }),
  prune({ by: median, keep: { macs: 0.5 }, cost: 0 }),
  train({ epochs: 1, batchSize: 50, learningRate: 0.01 }))
