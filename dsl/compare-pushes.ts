/** CIFAR-10: one net grown, then cut to a quarter of its multiply–accumulates after this push and that; choose by validation. 32×32×3 → 10 */
import { convBnAct, cosine, dense, experiment, flip, globalAvgPool, grow, image, imageFolder, inception, maxPool, net, prune, push, randomCrop, study, distill, train, untilTarget, type CriterionName, type PushStepOptions } from '../src/index.js'
const size = image(32, 32, 3)
const seedling = net('cifar10', size,
  convBnAct(16, 3, { name: 'stem' }),                                                       // 32×32×16
  maxPool(),                                                                           // 16×16×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),         // 16×16×64
  maxPool(),                                                                           // 8×8×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),        // 8×8×96
  globalAvgPool,                                                                       // 96
  dense(10),                                                                           // 10
)
const data = imageFolder(size, { augment: [randomCrop(4), flip], validation: 0.25 })
const base = train({ epochs: 5 })
const grown = grow({ after: 'b', module: inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 }), max: 1 }, base)
const pruned = (name: string, pushed: PushStepOptions, by: CriterionName = 'gradientUtility', cost = 1, last = train({ epochs: 8 })) => {
  const rounds = untilTarget({ keep: { macs: 0.25 }, rounds: 3 }, push({ epochs: 2, distill: null, ...pushed }), prune({ by, cost }))
  return { name, experiment: experiment(seedling, data, base, grown, rounds, last) }
}
const losers = { l1: 0, cost: 1 }
const small = { ...losers, l1: 1e-2 }
const terms = { ridge: 0.2, correlation: 0.5 }

export default study('compare-pushes', { seeds: 1 }, [
  pruned('losers', { fade: losers }),
  pruned('losers, told early', { fade: { ...losers, from: 0.1 } }),
  pruned('losers, ridge and correlation', { fade: losers, align: terms }),
  pruned('losers, let down along a cosine', { fade: losers, lrSchedule: cosine() }),
  pruned('losers, gentle end', { fade: losers }, 'gradientUtility', 1, train({ epochs: 8, learningRate: 0.05 })),
  pruned('losers, short rounds', { epochs: 1, fade: losers }, 'gradientUtility', 1, train({ epochs: 11 })),
  pruned('losers, whatever they cost', { fade: { l1: 0, cost: 0 } }, 'gradientUtility', 0),
  pruned('losers, scales made small', { fade: small }),
  pruned('losers, scales made small, a teacher', { fade: small, distill }, 'gradientUtility', 1, train({ epochs: 8, distill })),
  pruned('taylor', { fade: null }, 'taylor'),
  pruned('taylor, ridge and correlation', { fade: null, align: terms }, 'taylor'),
  pruned('taylor, let down along a cosine', { fade: null, lrSchedule: cosine() }, 'taylor'),
  pruned('taylor, short rounds', { epochs: 1, fade: null }, 'taylor', 1, train({ epochs: 11 })),
  pruned('taylor, whatever it costs', { fade: null }, 'taylor', 0),
  pruned('slimming', { fade: { l1: 1e-2, from: 1, until: 1 } }, 'bnScale'),
])
