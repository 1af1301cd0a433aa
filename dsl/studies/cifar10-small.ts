/** CIFAR-10: the net that studies grow, prune and compare, with its last module and without; its data and schedule. 32×32×3 → 10 */
import { convBnAct, dense, flip, globalAvgPool, grow, image, imageFolder, inception, maxPool, net, randomCrop, train, without } from '../../src/index.js'

const size = image(32, 32, 3)
export const module = inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 })

export const whole = net('cifar10', size,
  convBnAct(16, 3, { name: 'stem' }),                                              // 32×32×16
  maxPool(),                                                                       // 16×16×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),     // 16×16×64
  maxPool(),                                                                       // 8×8×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),    // 8×8×96
  module,                                                                          // 8×8×128
  globalAvgPool,                                                                   // 128
  dense(10),                                                                       // 10
)

export const seedling = without(module.name)(whole)

export const data = imageFolder(size, { augment: [randomCrop(4), flip], validation: 0.25 })
export const base = train({ epochs: 5 })
export const grown = grow({ after: 'b', module, max: 1 }, base)

export default whole
