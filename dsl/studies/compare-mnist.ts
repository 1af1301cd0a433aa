/** MNIST: a net grown, pushed and pruned, the nets on the way, and nets by hand of its size. 28×28×1 → 10 */
import { distill, experiment, grow, mnist, prune, push, shift, study, train, untilTarget, without } from '../../src/index.js'
import { module, seedling as whole } from '../mnist.js'
import { residualNet, separableNet } from './mnist-baselines.js'

const seedling = without(module.name)(whole)

const data = mnist({ augment: [shift(2)] })
const base = train({ epochs: 2 })
const grown = grow({ after: 'b', module, max: 1, minDelta: 0.0005 }, train({ epochs: 2 }))
const to = (params: number, rounds = 1) => untilTarget({ atMost: { params }, rounds }, push({ fade: { l1: 5e-3 }, distill }), prune())
const last = train({ epochs: 16 })
const byHand = train({ epochs: 23 })

export default study('compare-mnist', {}, [
  { name: 'base', experiment: experiment(seedling, data, base) },
  { name: 'grown', experiment: experiment(seedling, data, base, grown) },
  { name: 'grown, pushed and pruned to 10,000', experiment: experiment(seedling, data, base, grown, to(10_000, 2), last) },
  { name: 'and to 6,200', experiment: experiment(seedling, data, base, grown, to(10_000, 2), to(6200), last), scratch: true },
  { name: 'and to 4,000', experiment: experiment(seedling, data, base, grown, to(10_000, 2), to(6200), to(4000), last) },
  { name: 'and to 2,400', experiment: experiment(seedling, data, base, grown, to(10_000, 2), to(6200), to(4000), to(2400), last) },
  { name: 'residual net', experiment: experiment(residualNet, data, byHand) },
  { name: 'separable net', experiment: experiment(separableNet, data, byHand) },
])
