/** CIFAR-10: does growing pay? A module grown after half the epochs, against the same net trained whole for all of them. 32×32×3 → 10 */
import { convBnAct, dense, experiment, flip, globalAvgPool, grow, image, imageFolder, inception, maxPool, net, randomCrop, study, train } from '../src/index.js'

const size = image(32, 32, 3)
const module = inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 })

const large = net('cifar10', size,
  convBnAct(16, 3, { name: 'stem' }),                                                       // 32×32×16
  maxPool(),                                                                           // 16×16×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),         // 16×16×64
  maxPool(),                                                                           // 8×8×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),        // 8×8×96
  module,                                                                              // 8×8×128
  globalAvgPool,                                                                       // 128
  dense(10),                                                                           // 10
)
const layers = large.body.layers.filter(layer => layer.name !== module.name)
const small = { ...large, body: { ...large.body, layers } }

const data = imageFolder(size, { augment: [randomCrop(4), flip], validation: 0.25 })
// No branch is as wide as what comes in: what reads the module begins anew, and `how` makes no difference.
const grown = (epochs: number) =>
  experiment(small, data,
    train({ epochs: epochs / 2 }),
    grow({ after: 'b', module, max: 1, minDelta: -1 }, train({ epochs: epochs / 2 })),
  )

export default study('compare-growth', { seeds: 3 },
  [2, 4, 8, 16].flatMap(epochs => [
    { name: `whole, ${epochs} epochs`, experiment: experiment(large, data, train({ epochs })) },
    { name: `grown, ${epochs / 2} + ${epochs / 2}`, experiment: grown(epochs) },
  ]),
)
