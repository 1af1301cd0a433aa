/** MNIST: one net pushed out of its losers, cut by other criteria, and small nets by hand, at 2,900 parameters. 28×28×1 → 10 */
import { conv, dense, depthwise, experiment, globalAvgPool, image, inception, maxPool, mnist, net, prune, push, residual, separable, shift, stack, study, teaching, train, untilTarget } from '../src/index.js'

const seedling = net('mnist', image(28, 28, 1),
  conv(16, 3, { name: 'stem', stride: 2 }),                                            // 14×14×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),         // 14×14×64
  maxPool(),                                                                           // 7×7×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),        // 7×7×96
  inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 }),        // 7×7×128
  globalAvgPool,                                                                       // 128
  dense(10),                                                                           // 10
)
const block = (name: string, n: number) => residual(name, stack('', conv(n), conv(n, 3, { activation: null })), { activation: 'relu' })
const resnet = net('resnet', image(28, 28, 1), conv(7, 3, { stride: 2 }), block('a', 7), conv(8, 3, { stride: 2 }), block('b', 8), globalAvgPool, dense(10))
const mobile = net('mobile', image(28, 28, 1), conv(10, 3, { stride: 2 }), separable(20), depthwise(3, { stride: 2 }), conv(24, 1), separable(28), globalAvgPool, dense(10))

const data = mnist({ augment: [shift(2)], validation: 1000 })
const base = train({ epochs: 8 })
const last = train({ epochs: 6, teaching })
const plain = push({ epochs: 2, losers: null, clip: null, balanced: false })
const slim = push({ epochs: 2, losers: { from: 1, until: 1 } })
const rounds = (step: typeof plain, cut: ReturnType<typeof prune>) => untilTarget({ keep: { params: 0.05 } }, step, cut)
const entrant = (name: string, ...steps: Parameters<typeof experiment>[2][]) => ({ name, experiment: experiment(seedling, data, base, ...steps) })

export default study('compare-mnist', { seeds: 3 }, [
  { ...entrant('losers', rounds(push({ epochs: 2 }), prune()), last), scratch: true },
  entrant('taylor, hard cut', rounds(plain, prune({ by: 'taylor', cost: 0 })), last),
  entrant('slimming', rounds(slim, prune({ by: 'normScale', cost: 0 })), last),
  entrant('l1, hard cut', rounds(plain, prune({ by: 'l1', cost: 0 })), last),
  entrant('random', rounds(plain, prune({ by: 'random', cost: 0 })), last),
  { name: 'residual net', experiment: experiment(resnet, data, train({ epochs: 22 })) },
  { name: 'separable net', experiment: experiment(mobile, data, train({ epochs: 22 })) },
])
