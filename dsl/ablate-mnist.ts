/** MNIST ablation: every way to push × every criterion × shares removed, one cut each. 28×28×1 → 10 */
import { ablation, alignment, convBnAct, dense, globalAvgPool, image, inception, maxPool, mnist, net, shift, train } from '../src/index.js'

const seedling = net('mnist', image(28, 28, 1),
  convBnAct(16, 3, { name: 'stem', stride: 2 }),                                            // 14×14×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),         // 14×14×64
  maxPool(),                                                                           // 7×7×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),        // 7×7×96
  inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 }),        // 7×7×128
  globalAvgPool,                                                                       // 128
  dense(10),                                                                           // 10
)

export default ablation('ablation-mnist', {
  net: seedling,
  data: mnist({ augment: [shift(2)], validation: 500 }),
  base: train({ epochs: 16 }),
  epochs: 4,
  trainings: {
    none: { fade: null },
    axis: { fade: null, align: { axis: 0.1 } },
    ridge: { fade: null, align: { ridge: 1 } },
    correlation: { fade: null, align: { correlation: 2 } },
    compactness: { fade: null, align: { compactness: 1 } },
    units: { fade: null, align: { units: 3 } },
    alignment: { fade: null, align: alignment },
    fade: {},
    all: { align: alignment },
  },
  criteria: ['random', 'l1', 'l2', 'bnScale', 'taylor', 'lda', 'deconvTrace', 'discriminantTrace', 'gradientTrace', 'gradientUtility'],
  removed: [0.3, 0.5, 0.7, 0.9, 0.95],
  repair: train({ epochs: 2 }),
  scratch: ['gradientUtility'],
  seeds: 2,
})
