/** CIFAR-10 from folders of images: five Inception modules, each 5×5 as two 3×3, pushed and pruned to half. 32×32×3 → 10 */
import { convBnAct, dense, experiment, flip, globalAvgPool, image, imageFolder, inception, maxPool, net, prune, push, randomCrop, train, untilTarget } from '../src/index.js'

const size = image(32, 32, 3)

const seedling = net('cifar10', size,
  convBnAct(32, 3, { name: 'stem' }),                                              // 32×32×32
  maxPool(),                                                                       // 16×16×32
  inception('a', { point: 24, three: [16, 32], five: [8, 16, 16], pool: 24 }),     // 16×16×96
  inception('b', { point: 24, three: [20, 40], five: [8, 16, 16], pool: 16 }),     // 16×16×96
  inception('c', { point: 32, three: [24, 48], five: [12, 20, 24], pool: 24 }),    // 16×16×128
  maxPool(),                                                                       // 8×8×128
  inception('d', { point: 32, three: [20, 48], five: [8, 16, 24], pool: 24 }),     // 8×8×128
  inception('e', { point: 32, three: [20, 48], five: [8, 16, 24], pool: 24 }),     // 8×8×128
  globalAvgPool,                                                                   // 128
  dense(10),                                                                       // 10
)

export default experiment(seedling, imageFolder(size, { augment: [randomCrop(4), flip] }),
  train({ epochs: 16 }),
  train({ epochs: 8, learningRate: 0.05 }),
  untilTarget({ keep: { params: 0.5 }, rounds: 2 }, push({ learningRate: 0.03, fade: { l1: 5e-3 }, distill: null }), prune()),
  train({ epochs: 5, learningRate: 0.05 }),
)
