/** CIFAR-10: a net grown, then cut to the same multiply–accumulates in one way and another; nets by hand of its size. 32×32×3 → 10 */
import { convBnAct, dense, depthwiseBnAct, experiment, flip, globalAvgPool, grow, image, imageFolder, inception, maxPool, net, prune, push, randomCrop, residual, separable, stack, study, train, untilTarget, type CriterionName, type PushStepOptions } from '../src/index.js'

const size = image(32, 32, 3)
const seedling = net('cifar10', size,
  convBnAct(16, 3, { name: 'stem' }),                                                       // 32×32×16
  maxPool(),                                                                           // 16×16×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),         // 16×16×64
  maxPool(),                                                                           // 8×8×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),        // 8×8×96
  globalAvgPool,                                                                       // 96
  dense(10),                                                                           // 10
)
const block = (name: string, n: number) => residual(name, stack('', convBnAct(n), convBnAct(n, 3, { activation: null })), { activation: 'relu' })
const resnet = net('resnet', size, convBnAct(10, 3), maxPool(), block('a', 10), convBnAct(18, 3, { stride: 2 }), block('b', 18), globalAvgPool, dense(10))
const mobile = net('mobile', size, convBnAct(16, 3), maxPool(), separable(44), depthwiseBnAct(3, { stride: 2 }), convBnAct(64, 1), separable(88), globalAvgPool, dense(10))

const data = imageFolder(size, { augment: [randomCrop(4), flip], validation: 0.25 })
const base = train({ epochs: 5 })
const grown = grow({ after: 'b', module: inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 }), max: 1 }, base)
const whole = train({ epochs: 24 })
const pruned = (name: string, pushed: PushStepOptions, by: CriterionName) => ({
  name,
  experiment: experiment(seedling, data, base, grown,
    untilTarget({ keep: { macs: 0.25 }, rounds: 3 }, push({ epochs: 2, distill: null, ...pushed }), prune({ by, cost: 1 })),
    train({ epochs: 8 }),
  ),
})
const losers = { l1: 0, from: 0.1, cost: 1 }

export default study('compare-cifar10', { seeds: 3 }, [
  { name: 'base', experiment: experiment(seedling, data, base) },
  { name: 'grown', experiment: experiment(seedling, data, base, grown) },
  { ...pruned('losers', { fade: losers }, 'gradientUtility'), scratch: true },
  pruned('losers, ridge and correlation', { fade: losers, align: { ridge: 0.2, correlation: 0.5 } }, 'gradientUtility'),
  pruned('taylor', { fade: null }, 'taylor'),
  pruned('slimming', { fade: { l1: 1e-2, from: 1, until: 1 } }, 'bnScale'),
  { name: 'residual net', experiment: experiment(resnet, data, whole) },
  { name: 'separable net', experiment: experiment(mobile, data, whole) },
])
