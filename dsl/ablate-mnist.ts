/** MNIST ablation: every way to push × every criterion × shares removed, one cut each. 28×28×1 → 10 */
import { ablation, alignment, conv, dense, globalAvgPool, image, inception, maxPool, mnist, net, shift, train } from '../src/index.js'

const seedling = net('mnist', image(28, 28, 1),
  conv(16, 3, { name: 'stem', stride: 2 }),                                            // 14×14×16
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
    none: { losers: null },
    axis: { losers: null, terms: { axis: 0.1 } },
    ridge: { losers: null, terms: { ridge: 1 } },
    correlation: { losers: null, terms: { correlation: 2 } },
    compactness: { losers: null, terms: { compactness: 1 } },
    units: { losers: null, terms: { units: 3 } },
    alignment: { losers: null, terms: alignment },
    losers: {},
    all: { terms: alignment },
  },
  criteria: ['random', 'l1', 'l2', 'normScale', 'taylor', 'lda', 'deconv', 'discriminant', 'gradient', 'losers'],
  removed: [0.3, 0.5, 0.7, 0.9, 0.95],
  repair: train({ epochs: 2 }),
  scratch: ['losers'],
  seeds: 2,
})
