/** A kind of step is a file and a line of the table: one more is read, checked, run, saved and resumed like the others. */
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test, vi } from 'vitest'
import { glyphs } from '../../src/data/spec.js'
import { decode } from '../../src/io/codec.js'
import { constant } from '../../src/learn/training/learning-rate.js'
import { init } from '../../src/net/weights.js'
import { convBnAct } from '../../src/net/words/leaves.js'
import { checkSchedule } from '../../src/run/schedule/check.js'
import { experimentCodec } from '../../src/run/schedule/codec.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { grow } from '../../src/run/schedule/growth-plan.js'
import { prune, train, untilTarget } from '../../src/run/schedule/schedule.js'
import { epochsIn } from '../../src/run/steps/machine.js'
import { available } from '../support/engines.js'
import { scale, scaled } from '../support/nets/scale-step.js'
import { right } from '../support/nets/surgery.js'
import { tinyNet } from '../support/nets/tiny.js'
import { again, expectSame, lastOf, told } from '../support/running.js'

vi.mock('../../src/run/steps/index.js', async original => {
  const { stepKinds } = await original<typeof import('../../src/run/steps/index.js')>()
  const { scaleKind } = await import('../support/nets/scale-step.js')
  const { kindIn } = await import('../../src/run/steps/kind.js')
  const kinds = { ...stepKinds, scale: scaleKind }
  return { stepKinds: kinds, kindOf: kindIn(kinds) }
})

const engine = (await available()).find(([name]) => name === 'wasm')?.[1]

const learning = { epochs: 1, batchSize: 9, lrSchedule: constant() }

const schedule = experiment(
  tinyNet,
  glyphs(),
  scale('dense/kernel', 0.5),
  train(learning),
  grow({ after: 'module', module: convBnAct(7, 1), max: 1 }, scale('grown/kernel', 2), train(learning)),
  untilTarget(
    { keep: { params: 0.5 }, rounds: 2 },
    scale('dense/kernel', 0.9),
    prune({ by: 'random', images: 9 }),
    train(learning),
  ),
)

describe('one more kind of step', () => {
  test('is read and written, and refused where it is wrong', () => {
    expect(decode(experimentCodec)(JSON.parse(JSON.stringify(experimentCodec.encode(schedule))))).toEqual(
      E.right(schedule),
    )
    const wrong = experiment(tinyNet, glyphs(), scale('dense/kernel', -1))
    expect(decode(experimentCodec)(wrong)).toMatchObject({
      left: { at: 'schedule.0.by', expected: 'a number > 0' },
    })
  })

  test('is checked before anything trains, inside others too', () => {
    const check = checkSchedule(9)
    expect(check(schedule)).toEqual(E.right(undefined))
    const around = untilTarget({ keep: { params: 0.5 } }, scale('nowhere/kernel', 2), prune({ by: 'random' }))
    expect(check(experiment(tinyNet, glyphs(), around))).toMatchObject({
      left: { _tag: 'UnknownPath', at: 'nowhere' },
    })
  })

  test('trains for no epochs', () => {
    expect(epochsIn(schedule.schedule)).toBe(1 + 1 + 2)
  })

  test.runIf(engine)('is run, saved and resumed wherever the run is killed', async () => {
    const on = engine as NonNullable<typeof engine> // runIf has looked
    const [first] = (await told(on, experiment(tinyNet, glyphs(), scale('dense/kernel', 0.5)))).saved
    expect(first?.learner.model).toEqual(scaled('dense/kernel', 0.5)(right(init(0)(tinyNet))))
    const whole = await told(on, schedule, { pastChance: true })
    expect(whole.outcome).toBe('done')
    expect(lastOf(whole).stages.map(({ name }) => name)).toEqual(['scale', 'train', 'grow', 'rounds'])
    for (const from of whole.saved.slice(0, -1))
      expectSame(
        await told(on, schedule, { from: await again(from), log: whole.log, pastChance: true }),
        whole,
      )
  })
})
