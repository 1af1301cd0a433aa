/** MNIST: a net grown, pushed and pruned, the nets met on the way, and nets by hand of its size. 28×28×1 → 10 */
import { convBnAct, dense, depthwiseBnAct, experiment, globalAvgPool, grow, image, inception, maxPool, mnist, net, prune, push, residual, separable, shift, stack, study, distill, train, untilTarget } from '../src/index.js'

const size = image(28, 28, 1)

const seedling = net('mnist', size,
  convBnAct(16, 3, { name: 'stem', stride: 2 }),                                            // 14×14×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),         // 14×14×64
  maxPool(),                                                                           // 7×7×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),        // 7×7×96
  globalAvgPool,                                                                       // 96
  dense(10),                                                                           // 10
)
const block = (name: string, n: number) => residual(name, stack('', convBnAct(n), convBnAct(n, 3, { activation: null })), { activation: 'relu' })
const resnet = net('resnet', size, convBnAct(8, 3, { stride: 2 }), block('a', 8), convBnAct(12, 3, { stride: 2 }), block('b', 12), convBnAct(12), globalAvgPool, dense(10))
const mobile = net('mobile', size, convBnAct(12, 3, { stride: 2 }), separable(28), depthwiseBnAct(3, { stride: 2 }), convBnAct(32, 1), separable(40), separable(40), globalAvgPool, dense(10))

const data = mnist({ augment: [shift(2)] })
const base = train({ epochs: 2 })
const module = inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 })
const grown = grow({ after: 'b', module, max: 1, minDelta: 0.0005 }, train({ epochs: 2 }))
const to = (params: number, rounds = 1) => untilTarget({ atMost: { params }, rounds }, push({ fade: { l1: 5e-3 }, distill }), prune())
const last = train({ epochs: 16 })
const whole = train({ epochs: 23 })

export default study('compare-mnist', {}, [
  { name: 'base', experiment: experiment(seedling, data, base) },
  { name: 'grown', experiment: experiment(seedling, data, base, grown) },
  { name: 'grown, pushed and pruned to 10,000', experiment: experiment(seedling, data, base, grown, to(10_000, 2), last) },
  { name: 'and to 6,200', experiment: experiment(seedling, data, base, grown, to(10_000, 2), to(6200), last), scratch: true },
  { name: 'and to 4,000', experiment: experiment(seedling, data, base, grown, to(10_000, 2), to(6200), to(4000), last) },
  { name: 'and to 2,400', experiment: experiment(seedling, data, base, grown, to(10_000, 2), to(6200), to(4000), to(2400), last) },
  { name: 'residual net', experiment: experiment(resnet, data, whole) },
  { name: 'separable net', experiment: experiment(mobile, data, whole) },
])
