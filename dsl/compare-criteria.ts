/** MNIST: one net cut to a twentieth by one criterion and another, with equal epochs. 28×28×1 → 10 */
import { convBnAct, dense, experiment, globalAvgPool, image, inception, maxPool, mnist, net, prune, push, shift, study, distill, train, untilTarget, type PushStepOptions, type Distill } from '../src/index.js'

const seedling = net('mnist', image(28, 28, 1),
  convBnAct(16, 3, { name: 'stem', stride: 2 }),                                            // 14×14×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),         // 14×14×64
  maxPool(),                                                                           // 7×7×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),        // 7×7×96
  inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 }),        // 7×7×128
  globalAvgPool,                                                                       // 128
  dense(10),                                                                           // 10
)
const data = mnist({ augment: [shift(2)], validation: 1000 })
const small = { fade: { l1: 1e-2 } } // and faded
const slim = { l1: 1e-2, from: 1, until: 1 } // never faded
const entrant = (name: string, pushed: PushStepOptions, cut = prune(), teacher: Distill | null = distill) => ({
  name,
  experiment: experiment(seedling, data,
    train({ epochs: 8 }),
    untilTarget({ keep: { params: 0.05 } }, push({ epochs: 2, distill: teacher, ...pushed }), cut),
    train({ epochs: 6, distill: teacher }),
  ),
})

export default study('compare-criteria', { seeds: 3 }, [
  { ...entrant('losers', small), scratch: true },
  entrant('losers, scales left alone', { fade: {} }),
  entrant('losers, no teacher', small, prune(), null),
  entrant('slimming', { fade: slim }, prune({ by: 'bnScale', cost: 0 })),
  entrant('taylor', { fade: null }, prune({ by: 'taylor', cost: 0 })),
  entrant('discriminant trace', { fade: null }, prune({ by: 'discriminantTrace', cost: 0 })),
  entrant('deconvolution', { fade: null }, prune({ by: 'deconvTrace', cost: 0 })),
  entrant('l1', { fade: null }, prune({ by: 'l1', cost: 0 })),
  entrant('random', { fade: null }, prune({ by: 'random', cost: 0 })),
])
