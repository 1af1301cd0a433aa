/** CIFAR-10: does growing pay? A module grown after half the epochs, against the same net trained whole for all of them. 32×32×3 → 10 */
import { experiment, grow, study, train } from '../../src/index.js'
import { data, module, seedling, whole } from './cifar10-small.js'

// No branch is as wide as the module's input: the layer that reads the module starts from new weights whatever `init` is.
const grown = (epochs: number) =>
  experiment(seedling, data,
    train({ epochs: epochs / 2 }),
    grow({ after: 'b', module, max: 1, minDelta: -1 }, train({ epochs: epochs / 2 })),
  )

export default study('compare-growth', { seeds: 3 },
  [2, 4, 8, 16].flatMap(epochs => [
    { name: `whole, ${epochs} epochs`, experiment: experiment(whole, data, train({ epochs })) },
    { name: `grown, ${epochs / 2} + ${epochs / 2}`, experiment: grown(epochs) },
  ]),
)
