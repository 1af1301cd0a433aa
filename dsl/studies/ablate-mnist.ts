/** MNIST ablation: every way to push × every criterion × shares removed, one cut each. 28×28×1 → 10 */
import { ablation, alignment, mnist, shift, train } from '../../src/index.js'
import { seedling } from '../mnist.js'

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
