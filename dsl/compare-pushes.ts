/** CIFAR-10: one net grown, then cut to a quarter of its multiply–accumulates after this push and that; choose by validation. 32×32×3 → 10 */
import { conv, cosine, dense, experiment, flip, globalAvgPool, grow, image, imageFolder, inception, maxPool, net, prune, push, randomCrop, study, teaching, train, untilTarget, type CriterionName, type PushWord } from '../src/index.js'
const size = image(32, 32, 3)
const seedling = net('cifar10', size,
  conv(16, 3, { name: 'stem' }),                                                       // 32×32×16
  maxPool(),                                                                           // 16×16×16
  inception('a', { point: 16, three: [12, 24], five: [6, 12, 12], pool: 12 }),         // 16×16×64
  maxPool(),                                                                           // 8×8×64
  inception('b', { point: 24, three: [24, 32], five: [12, 20, 20], pool: 20 }),        // 8×8×96
  globalAvgPool,                                                                       // 96
  dense(10),                                                                           // 10
)
const data = imageFolder(size, { augment: [randomCrop(4), flip], validation: 0.25 })
const base = train({ epochs: 5 })
const grown = grow({ after: 'b', module: inception('c', { point: 32, three: [32, 48], five: [16, 24, 24], pool: 24 }), upTo: 1 }, base)
const pruned = (name: string, pushed: PushWord, by: CriterionName = 'losers', cost = 1, last = train({ epochs: 8 })) => {
  const rounds = untilTarget({ keep: { macs: 0.25 }, rounds: 3 }, push({ epochs: 2, teaching: null, ...pushed }), prune({ by, cost }))
  return { name, experiment: experiment(seedling, data, base, grown, rounds, last) }
}
const losers = { sparsity: 0, cost: 1 }
const small = { ...losers, sparsity: 1e-2 }
const terms = { ridge: 0.2, correlation: 0.5 }

export default study('compare-pushes', { seeds: 1 }, [
  pruned('losers', { losers }),
  pruned('losers, told early', { losers: { ...losers, from: 0.1 } }),
  pruned('losers, ridge and correlation', { losers, terms }),
  pruned('losers, let down along a cosine', { losers, schedule: cosine() }),
  pruned('losers, gentle end', { losers }, 'losers', 1, train({ epochs: 8, rate: 0.05 })),
  pruned('losers, short rounds', { epochs: 1, losers }, 'losers', 1, train({ epochs: 11 })),
  pruned('losers, whatever they cost', { losers: { sparsity: 0, cost: 0 } }, 'losers', 0),
  pruned('losers, scales made small', { losers: small }),
  pruned('losers, scales made small, a teacher', { losers: small, teaching }, 'losers', 1, train({ epochs: 8, teaching })),
  pruned('taylor', { losers: null }, 'taylor'),
  pruned('taylor, ridge and correlation', { losers: null, terms }, 'taylor'),
  pruned('taylor, let down along a cosine', { losers: null, schedule: cosine() }, 'taylor'),
  pruned('taylor, short rounds', { epochs: 1, losers: null }, 'taylor', 1, train({ epochs: 11 })),
  pruned('taylor, whatever it costs', { losers: null }, 'taylor', 0),
  pruned('slimming', { losers: { sparsity: 1e-2, from: 1, until: 1 } }, 'normScale'),
])
