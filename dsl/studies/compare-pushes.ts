/** CIFAR-10: one net grown, then cut to a quarter of its multiply–accumulates after this push and that; choose by validation. 32×32×3 → 10 */
import { type CriterionName, cosine, distill, experiment, type PushStepOptions, prune, push, study, type Train, train, untilTarget } from '../../src/index.js'
import { base, data, grown, seedling } from './cifar10-small.js'

interface Options { readonly push: PushStepOptions; readonly by?: CriterionName; readonly cost?: number; readonly last?: Train }

const pruned = (name: string, { push: pushed, by = 'gradientUtility', cost = 1, last = train({ epochs: 8 }) }: Options) => {
  const rounds = untilTarget({ keep: { macs: 0.25 }, rounds: 3 }, push({ epochs: 2, distill: null, ...pushed }), prune({ by, cost }))
  return { name, experiment: experiment(seedling, data, base, grown, rounds, last) }
}
const fade = { l1: 0, cost: 1 }
const small = { ...fade, l1: 1e-2 }
const align = { ridge: 0.2, correlation: 0.5 }

export default study('compare-pushes', { seeds: 1 }, [
  pruned('losers', { push: { fade } }),
  pruned('losers, told early', { push: { fade: { ...fade, from: 0.1 } } }),
  pruned('losers, ridge and correlation', { push: { fade, align } }),
  pruned('losers, let down along a cosine', { push: { fade, lrSchedule: cosine() } }),
  pruned('losers, gentle end', { push: { fade }, last: train({ epochs: 8, learningRate: 0.05 }) }),
  pruned('losers, short rounds', { push: { epochs: 1, fade }, last: train({ epochs: 11 }) }),
  pruned('losers, whatever they cost', { push: { fade: { l1: 0, cost: 0 } }, cost: 0 }),
  pruned('losers, scales made small', { push: { fade: small } }),
  pruned('losers, scales made small, a teacher', { push: { fade: small, distill }, last: train({ epochs: 8, distill }) }),
  pruned('taylor', { push: { fade: null }, by: 'taylor' }),
  pruned('taylor, ridge and correlation', { push: { fade: null, align }, by: 'taylor' }),
  pruned('taylor, let down along a cosine', { push: { fade: null, lrSchedule: cosine() }, by: 'taylor' }),
  pruned('taylor, short rounds', { push: { epochs: 1, fade: null }, by: 'taylor', last: train({ epochs: 11 }) }),
  pruned('taylor, whatever it costs', { push: { fade: null }, by: 'taylor', cost: 0 }),
  pruned('slimming', { push: { fade: { l1: 1e-2, from: 1, until: 1 } }, by: 'bnScale' }),
])
