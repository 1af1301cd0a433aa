/** Pruning and growing again at a fixed budget: how far it goes, why it ends, what it keeps. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import type { Engine } from '../../../src/engine/engine.js'
import { constant } from '../../../src/learn/training/learning-rate.js'
import { countParams } from '../../../src/net/counts.js'
import { infer } from '../../../src/net/infer.js'
import type { Net } from '../../../src/net/tree.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { channelHistories } from '../../../src/run/review/channel-history.js'
import { checkSchedule } from '../../../src/run/schedule/check.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { prune, type RegrowOptions, regrow, train } from '../../../src/run/schedule/schedule.js'
import type { ScheduleStep } from '../../../src/run/schedule/steps.js'
import { available } from '../../support/engines.js'
import { left, right } from '../../support/nets/surgery.js'
import { freeNet } from '../../support/nets/tiny.js'
import { again, eventsOf, expectSame, lastOf, type Told, told } from '../../support/running.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const sizeOf = (net: Net): number => countParams(right(infer(net)))
const size = sizeOf(freeNet)

const learning = train({ epochs: 1, batchSize: 9, learningRate: 0.02, lrSchedule: constant() })
const cut = prune({ keep: { params: 0.7 }, by: 'l1', images: 9 })
const widen = grow({ widen: 'module', by: 1.4, max: 2, minDelta: -1 }, learning)

const scheduled = (options: Partial<RegrowOptions>, ...steps: readonly ScheduleStep[]) =>
  experiment(
    freeNet,
    glyphs(),
    learning,
    regrow({ atMost: { params: size }, rounds: 3, minDelta: -1, ...options }, ...steps),
  )

const roundsIn = (run: Told) => eventsOf(run).filter(({ _tag }) => _tag === 'roundEnded')
const stopIn = (run: Told) =>
  eventsOf(run).findLast(({ _tag, stage }) => _tag === 'roundsStopped' && stage === 1)
const endOf = (run: Told): Net => lastOf(run).learner.model.net
const regrownIn = (run: Told) => run.met.filter(([name]) => /^1-\d+-/.test(name))

describe.runIf(engine !== null)('regrowing', () => {
  const on = engine as Engine // runIf has looked

  test('keeps the net of every round, each within the budget, and goes on while they gain', async () => {
    const run = await told(on, scheduled({}, cut, widen), { pastChance: true })
    expect(run.outcome).toBe('done')
    expect(regrownIn(run).map(([name]) => name)).toEqual([
      '1-0-base',
      '1-1-regrown',
      '1-2-regrown',
      '1-3-regrown',
    ])
    for (const [, { net }] of run.met) expect(sizeOf(net)).toBeLessThanOrEqual(size)
    expect(roundsIn(run).map(({ kept }) => kept)).toEqual([true, true, true])
    expect(endOf(run)).toEqual(regrownIn(run).at(-1)?.[1].net)
    expect(run.met.length).toBeGreaterThan(7) // growing keeps those that it meets
    expect(lastOf(run).models.best).toEqual({})
  })

  test('takes back a round that gains too little, and ends with the best', async () => {
    const run = await told(on, scheduled({ minDelta: 2, patience: 2 }, cut, widen))
    expect(roundsIn(run).map(({ kept }) => kept)).toEqual([false, false])
    expect(stopIn(run)).toMatchObject({ why: 'no gain', fact: { _tag: 'NoGain', growths: 2, minDelta: 2 } })
    expect(endOf(run)).toEqual(freeNet)
    expect(lastOf(run).learner.model.weights).toEqual(run.met[0]?.[1].weights)
    const cuts = eventsOf(run).filter(({ _tag }) => _tag === 'pruned')
    expect(cuts.map(({ params }) => params)).toEqual([cuts[0].params, cuts[0].params]) // both of the best net
    const decisions = channelHistories(eventsOf(run)).flatMap(each => each.decisions)
    expect(decisions.length).toBeGreaterThan(0)
    expect(decisions.every(({ takenBack }) => takenBack)).toBe(true)
  })

  test('ends with the best where the rounds are up before patience is', async () => {
    const run = await told(on, scheduled({ minDelta: 2, patience: 3, rounds: 2 }, cut, learning))
    expect([stopIn(run), roundsIn(run).length]).toEqual([undefined, 2])
    expect(endOf(run)).toEqual(freeNet)
  })

  test('the best is what validation says, whatever the rounds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -0.2, max: 0.2, noNaN: true }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(50),
        async (minDelta, patience, seed) => {
          const run = await told(on, scheduled({ minDelta, patience, rounds: 4 }, cut, learning), { seed })
          let best = regrownIn(run)[0]
          let stale = 0
          for (const each of regrownIn(run).slice(1)) {
            expect(stale).toBeLessThan(patience)
            const gain = each[2].validation.accuracy - (best?.[2].validation.accuracy ?? 0)
            stale = gain >= minDelta ? 0 : stale + 1
            if (stale === 0) best = each
          }
          expect(lastOf(run).learner.model.weights).toEqual(best?.[1].weights)
          expect(stopIn(run)?.why).toBe(stale >= patience ? 'no gain' : undefined)
        },
      ),
      { numRuns: 5 },
    )
  })

  test('a net that comes in too large is none to go back to', async () => {
    const run = await told(
      on,
      scheduled({ atMost: { params: 0.8 * size }, minDelta: 2, rounds: 2 }, cut, learning),
    )
    expect(roundsIn(run).map(({ kept }) => kept)).toEqual([true, false])
    expect(endOf(run)).toEqual(regrownIn(run)[1]?.[1].net)
  })

  test('where no round comes within the budget, the last stays and it says so', async () => {
    const run = await told(on, scheduled({ atMost: { params: 10 }, rounds: 2 }, learning))
    expect(stopIn(run)).toMatchObject({
      why: 'budget',
      fact: { _tag: 'OverBudget', measure: 'params', limit: 10, got: size },
    })
    expect(endOf(run)).toEqual(freeNet)
    expect(lastOf(run).learner.model.weights).toEqual(regrownIn(run).at(-1)?.[1].weights)
  })

  test('ends with the best where nothing is left to cut', async () => {
    const run = await told(
      on,
      scheduled(
        { rounds: 9 },
        prune({ atMost: { params: 0.9 * size }, by: 'l1', images: 9 }),
        prune({ keep: { params: 0.5 }, by: 'l1', images: 9 }),
      ),
    )
    expect(run.outcome).toBe('done')
    expect(stopIn(run)?.why).toBe('nothing left to cut')
    expect(endOf(run)).toEqual(regrownIn(run).at(-1)?.[1].net)
  })

  test('is taken up again wherever it was killed', async () => {
    for (const minDelta of [-1, 2]) {
      const schedule = scheduled({ minDelta, patience: 2, rounds: 2 }, cut, widen)
      const whole = await told(on, schedule, { pastChance: true })
      for (const from of whole.saved.slice(0, -1))
        expectSame(
          await told(on, schedule, { from: await again(from), log: whole.log, pastChance: true }),
          whole,
        )
    }
  })
})

describe('before anything trains', () => {
  const said = (options: object, ...steps: readonly ScheduleStep[]) =>
    renderMessage(left(checkSchedule(9)(scheduled(options, ...steps))))

  test.each<[object, string]>([
    [
      { atMost: { bytes: 9 } },
      'step 2 (regrow), atMost: expected a budget: one of params, macs, got {"bytes":9}',
    ],
    [{ atMost: { params: 0 } }, 'step 2 (regrow), atMost.params: expected a number > 0, got 0'],
    [{ atMost: undefined }, 'step 2 (regrow), atMost: expected a budget, got undefined'],
    [{ rounds: 0 }, 'step 2 (regrow), rounds: expected a whole number from 1 to 1,000, got 0'],
    [{ rounds: 1e9 }, 'step 2 (regrow), rounds: expected a whole number from 1 to 1,000, got 1000000000'],
    [{ patience: 0.5 }, 'step 2 (regrow), patience: expected a whole number ≥ 1, got 0.5'],
  ])('%j is refused', (options, message) => {
    expect(said(options, cut)).toBe(message)
  })

  test('so are steps inside that do not fit, and data without validation', () => {
    expect(said({}, grow({ after: 'nowhere', module: convBnAct(3), max: 1 }))).toMatch('nowhere')
    expect(left(checkSchedule(0)(scheduled({}, cut)))).toMatchObject({ _tag: 'NoValidation' })
    expect(right(checkSchedule(9)(scheduled({}, cut, widen)))).toBe(undefined)
  })
})
