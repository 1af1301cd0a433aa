/** The public surface: every word a DSL file may want is in one place, and each is the room's own. */
import { describe, expect, test } from 'vitest'
import * as augmentations from '../../src/data/pipeline/augment.js'
import * as data from '../../src/data/spec.js'
import * as optimizers from '../../src/graph/optimizer.js'
import * as surface from '../../src/index.js'
import * as rates from '../../src/learn/training/learning-rate.js'
import * as activations from '../../src/net/words/activations.js'
import * as channels from '../../src/net/words/channels.js'
import * as combinators from '../../src/net/words/combinators.js'
import * as leaves from '../../src/net/words/leaves.js'
import * as experiments from '../../src/run/schedule/experiment.js'
import * as plans from '../../src/run/schedule/growth-plan.js'
import * as schedules from '../../src/run/schedule/schedule.js'
import * as ablations from '../../src/run/study/ablation.js'
import * as studies from '../../src/run/study/study.js'

const surfaced: Readonly<Record<string, unknown>> = surface

/** Modules that hold words, and what in them is none. */
const vocabularies: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly string[]])[] = [
  ['leaves', leaves, ['defaultNorm']],
  ['activations', activations, []],
  ['channels', channels, []],
  ['combinators', combinators, ['nameLayers']],
  ['data', data, []],
  ['augmentations', augmentations, []],
  ['rates', rates, ['factorAt']],
  ['schedules', schedules, []],
  ['plans', plans, []],
  ['experiments', experiments, []],
  ['studies', studies, []],
  ['ablations', ablations, []],
  ['optimizers', optimizers, ['clip', 'normOf', 'optimizerFeeds', 'rateInput', 'updatesOf']],
]

describe.each(vocabularies)('%s', (_, words, others) => {
  const names = Object.keys(words).filter(name => !others.includes(name))

  test('are all public, and the very same', () => {
    expect(names.length).toBeGreaterThan(0)
    expect(Object.fromEntries(names.map(name => [name, surfaced[name]]))).toEqual(
      Object.fromEntries(names.map(name => [name, words[name]])),
    )
    for (const name of names) expect(surfaced[name]).toBe(words[name])
  })

  test('has nothing left over among what is no word', () => {
    expect(Object.keys(words)).toEqual(expect.arrayContaining([...others]))
  })
})
