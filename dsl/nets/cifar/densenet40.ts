/** DenseNet-40 (k = 12), no bottlenecks, after Huang et al. 2017. 32×32×3 → 10 */
import { avgPool, batchNorm, concat, conv, dense, globalAvgPool, identity, image, net, relu, repeat, stack } from '../../../src/index.js'

/** Normalised and activated before, not after. */
const bare = { bias: false } as const
const before = (name: string, filters: number, kernel: number) =>
  stack(name, batchNorm(), relu, conv(filters, kernel, bare))

const block = (name: string, layers: number, growth: number) =>
  repeat(name, layers, concat('layer', identity, before('new', growth, 3)))

export const densenet = (layers: number, growth: number) => {
  const channels = (blocks: number) => 16 + blocks * layers * growth

  return net(`densenet${3 * layers + 4}`, image(32, 32, 3),
    conv(16, 3, { ...bare, name: 'stem' }),    // 32×32×16
    block('block1', layers, growth),           // 32×32×160
    before('transition1', channels(1), 1),     // 32×32×160
    avgPool(),                                 // 16×16×160
    block('block2', layers, growth),           // 16×16×304
    before('transition2', channels(2), 1),     // 16×16×304
    avgPool(),                                 // 8×8×304
    block('block3', layers, growth),           // 8×8×448
    batchNorm(),                               // 8×8×448
    relu,                                      // 8×8×448
    globalAvgPool,                             // 448
    dense(10),                                 // 10
  )
}

export default densenet(12, 12)
