/** Random prunings of random models. */
import * as fc from 'fast-check'
import type { PruneOptions } from '../../../src/surgery/prune/options.js'
import type { Combine, Normalize } from '../../../src/surgery/prune/rank.js'
import { arbitraryModel, arbitrarySeed } from './arbitrary.js'
import { utilitiesOf } from './surgery.js'

export const share = fc.double({ min: 0.05, max: 1, noNaN: true })

const goals = fc.oneof(
  fc.record({ eta: fc.double({ min: 0, max: 2, noNaN: true }) }),
  fc.record({
    keep: fc.oneof(fc.record({ params: share }), fc.record({ macs: share }), fc.record({ bytes: share })),
    normalize: fc.constantFrom<Normalize[]>('raw', 'global', 'eta', 'layer'),
  }),
)

export const cases = fc
  .record({
    model: arbitraryModel(),
    seed: arbitrarySeed,
    goal: goals,
    combine: fc.constantFrom<Combine[]>('sum', 'mean', 'max'),
    minChannels: fc.constantFrom(0, 0, 0, 1, 2),
    roundTo: fc.constantFrom(1, 1, 1, 2, 4),
  })
  .map(({ model, seed, goal, ...limits }) => {
    const options: PruneOptions = { by: utilitiesOf(model.net, seed), ...goal, ...limits }
    return { model, options, seed }
  })
