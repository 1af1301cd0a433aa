/** MNIST: three Inception modules, each 5×5 as two 3×3, pushed and pruned to a twentieth. 28×28×1 → 10 */
import { convBnAct, dense, distill, experiment, globalAvgPool, image, inception, maxPool, mnist, net, prune, push, shift, train, untilTarget } from '../src/index.js'

/** The last of the three, which studies leave out, and grow. */
export const module = inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 })

export const seedling = net('mnist', image(28, 28, 1),
  convBnAct(16, 3, { name: 'stem', stride: 2 }),                                   // 14×14×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),     // 14×14×64
  maxPool(),                                                                       // 7×7×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),    // 7×7×96
  module,                                                                          // 7×7×128
  globalAvgPool,                                                                   // 128
  dense(10),                                                                       // 10
)

export default experiment(seedling, mnist({ augment: [shift(2)] }),
  train({ epochs: 4 }),
  untilTarget({ keep: { params: 0.05 }, rounds: 4 }, push({ epochs: 1, fade: { l1: 5e-3 }, distill }), prune()),
  train({ epochs: 6, distill }),
)
