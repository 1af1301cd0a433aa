/** The quick start: ten drawn signs, a two-module Inception net pushed and pruned to a fifth. 28×28×1 → 10 */
import { convBnAct, dense, distill, experiment, globalAvgPool, glyphs, image, inception, maxPool, net, prune, push, train, untilTarget } from '../src/index.js'

const seedling = net('quickstart', image(28, 28, 1),
  convBnAct(12, 3, { stride: 2 }),                                           // 14×14×12
  inception('a', { point: 8, three: [8, 12], five: [4, 8], pool: 4 }),       // 14×14×32
  maxPool(),                                                                 // 7×7×32
  inception('b', { point: 16, three: [12, 24], five: [8, 16], pool: 8 }),    // 7×7×64
  globalAvgPool,                                                             // 64
  dense(10),                                                                 // 10
)

export default experiment(seedling, glyphs(),
  train({ epochs: 8 }),
  untilTarget({ keep: { params: 0.2 }, rounds: 3 }, push({ epochs: 2 }), prune()),
  train({ epochs: 4, distill }),
)
