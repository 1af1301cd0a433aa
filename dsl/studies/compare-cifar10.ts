/** CIFAR-10: a net grown, then cut to the same multiply–accumulates in one way and another; nets by hand of its size. 32×32×3 → 10 */
import { type CriterionName, experiment, type PushStepOptions, prune, push, study, train, untilTarget } from '../../src/index.js'
import { residualNet, separableNet } from './cifar10-baselines.js'
import { base, data, grown, seedling } from './cifar10-small.js'

interface Options { readonly push: PushStepOptions; readonly by: CriterionName }

const byHand = train({ epochs: 24 })
const pruned = (name: string, { push: pushed, by }: Options) => ({
  name,
  experiment: experiment(seedling, data, base, grown,
    untilTarget({ keep: { macs: 0.25 }, rounds: 3 }, push({ epochs: 2, distill: null, ...pushed }), prune({ by, cost: 1 })),
    train({ epochs: 8 }),
  ),
})
const fade = { l1: 0, from: 0.1, cost: 1 }

export default study('compare-cifar10', { seeds: 3 }, [
  { name: 'base', experiment: experiment(seedling, data, base) },
  { name: 'grown', experiment: experiment(seedling, data, base, grown) },
  { ...pruned('losers', { push: { fade }, by: 'gradientUtility' }), scratch: true },
  pruned('losers, ridge and correlation', { push: { fade, align: { ridge: 0.2, correlation: 0.5 } }, by: 'gradientUtility' }),
  pruned('taylor', { push: { fade: null }, by: 'taylor' }),
  pruned('slimming', { push: { fade: { l1: 1e-2, from: 1, until: 1 } }, by: 'bnScale' }),
  { name: 'residual net', experiment: experiment(residualNet, data, byHand) },
  { name: 'separable net', experiment: experiment(separableNet, data, byHand) },
])
