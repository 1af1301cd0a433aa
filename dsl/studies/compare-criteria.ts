/** MNIST: one net cut to a twentieth by one criterion and another, with equal epochs. 28×28×1 → 10 */
import { type Distill, distill, experiment, mnist, type PruneStepOptions, type PushStepOptions, prune, push, shift, study, train, untilTarget } from '../../src/index.js'
import { seedling } from '../mnist.js'

interface Options { readonly push: PushStepOptions; readonly prune?: PruneStepOptions; readonly teacher?: Distill | null }

const data = mnist({ augment: [shift(2)], validation: 1000 })
const small = { fade: { l1: 1e-2 } } // and faded
const slim = { fade: { l1: 1e-2, from: 1, until: 1 } } // never faded
const none = { fade: null }
const variant = (name: string, { push: pushed, prune: cut = {}, teacher = distill }: Options) => ({
  name,
  experiment: experiment(seedling, data,
    train({ epochs: 8 }),
    untilTarget({ keep: { params: 0.05 } }, push({ epochs: 2, distill: teacher, ...pushed }), prune(cut)),
    train({ epochs: 6, distill: teacher }),
  ),
})

export default study('compare-criteria', { seeds: 3 }, [
  { ...variant('losers', { push: small }), scratch: true },
  variant('losers, scales left alone', { push: { fade: {} } }),
  variant('losers, no teacher', { push: small, teacher: null }),
  variant('slimming', { push: slim, prune: { by: 'bnScale', cost: 0 } }),
  variant('taylor', { push: none, prune: { by: 'taylor', cost: 0 } }),
  variant('discriminant trace', { push: none, prune: { by: 'discriminantTrace', cost: 0 } }),
  variant('deconvolution', { push: none, prune: { by: 'deconvTrace', cost: 0 } }),
  variant('l1', { push: none, prune: { by: 'l1', cost: 0 } }),
  variant('random', { push: none, prune: { by: 'random', cost: 0 } }),
])
