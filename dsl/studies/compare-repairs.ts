/** CIFAR-10: one net cut once to a quarter of its multiply–accumulates, repaired in one way and another, then trained again. 32×32×3 → 10 */
import { alternatingFlip, type CriterionName, experiment, imageFolder, initialize, prune, randomCrop, recipe, study, train } from '../../src/index.js'
import { whole } from './cifar10-small.js'

const data = imageFolder(whole.input, { augment: [randomCrop(4), alternatingFlip], validation: 0.25 })
const learnt = { ...recipe.fast, average: null, freeze: ['stem'] }
const variant = (by: CriterionName, repair: 'batchNorm' | 'head' | 'reconstruct', learningRate: number) => ({
  name: `${by}, ${repair}, rate ${learningRate}`,
  experiment: experiment(whole, data,
    initialize({ whiten: 'stem' }),
    train({ ...learnt, epochs: 10 }),
    prune({ keep: { macs: 0.25 }, by, repair, roundTo: 1 }),
    train({ ...learnt, learningRate, epochs: 4 }),
  ),
})

export default study('compare-repairs', { seeds: 3 },
  (['taylor', 'l1', 'random'] as const).flatMap(by =>
    (['batchNorm', 'head', 'reconstruct'] as const).flatMap(repair =>
      [0.1, 0.03].map(rate => variant(by, repair, rate)))),
)
