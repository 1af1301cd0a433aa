/** Growing as a step of a schedule: how far it goes, why it ends, what it keeps. */
import { describe, expect, test } from 'vitest'
import { glyphs } from '../src/data/spec.js'
import type { Engine } from '../src/engine/engine.js'
import { constant } from '../src/learn/rate.js'
import { paramsOf } from '../src/net/count.js'
import { infer } from '../src/net/infer.js'
import type { Net } from '../src/net/layer.js'
import { conv } from '../src/net/words.js'
import { experiment } from '../src/run/experiment.js'
import { type GrowWord, grow, train } from '../src/run/schedule.js'
import { available } from './engines.js'
import { eventsOf, lastOf, type Told, told } from './running.js'
import { right } from './surgery.js'
import { tinyNet } from './tiny.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const learning = { epochs: 1, batch: 9, rate: 0.01, schedule: constant() }

const sizeOf = (net: Net): number => paramsOf(right(infer(net)))

describe.runIf(engine !== null)('growing', () => {
  const on = engine as Engine // runIf has looked
  const grown = (options: Partial<GrowWord>): Promise<Told> =>
    told(
      on,
      experiment(
        tinyNet,
        glyphs(),
        grow({ after: 'module', module: conv(7, 1, { name: 'new' }), upTo: 3, ...options }, train(learning)),
      ),
    )
  const stopOf = (run: Told): unknown => eventsOf(run).find(({ _tag }) => _tag === 'roundsStopped')?.why
  const endOf = (run: Told): Net => lastOf(run).learner.model.net

  test('goes on as far as it may while nets gain, each behind the last', async () => {
    const run = await grown({ until: { gainBelow: -1 } })
    expect(run.met.map(([name]) => name)).toEqual(['0-0-base', '0-1-new', '0-2-new2', '0-3-new3'])
    expect(run.met[0]?.[1].net).toEqual(tinyNet)
    const sizes = run.met.map(([, { net }]) => sizeOf(net))
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    expect(new Set(sizes).size).toBe(4)
    expect(endOf(run)).toEqual(run.met[3]?.[1].net)
    expect(JSON.stringify(endOf(run))).toMatch(/"module".*"new".*"new2".*"new3".*"sum"/)
    expect(stopOf(run)).toBe(undefined)
  })

  test('ends after as many nets without a gain as it has patience, with the last that paid', async () => {
    const run = await grown({ until: { gainBelow: 2, patience: 2 } })
    expect(run.met.map(([name]) => name)).toEqual(['0-0-base', '0-1-new', '0-2-new2'])
    expect(stopOf(run)).toBe('no gain')
    expect(endOf(run)).toEqual(tinyNet)
    const grownEvents = eventsOf(run).filter(({ _tag }) => _tag === 'grown')
    expect(grownEvents.map(({ name, exact }) => [name, exact])).toEqual([
      ['new', true],
      ['new2', true],
    ])
    for (const { gain } of grownEvents) expect(gain).toBeLessThan(2)
  })

  test.each([
    ['parameters', { params: sizeOf(tinyNet) + 80 }, { measure: 'params', limit: sizeOf(tinyNet) + 80 }],
    ['multiply–accumulates', { macs: 1 }, { measure: 'macs', limit: 1 }],
    ['milliseconds', { latency: 1e-6 }, { measure: 'latency', limit: 1e-6 }],
  ])('ends where the next net would have too many %s', async (what, budget, fact) => {
    const run = await grown({ budget, until: { gainBelow: -1 } })
    expect(run.outcome).toBe('done')
    expect(stopOf(run)).toBe('budget')
    const stopped = { why: 'budget', fact: { ...fact, _tag: 'OverBudget', got: expect.any(Number) } }
    expect(eventsOf(run).find(({ _tag }) => _tag === 'roundsStopped')).toMatchObject(stopped)
    expect(lastOf(run)).toMatchObject({ stages: [{ stopped }], stopped: null })
    expect(run.met.length).toBe(what === 'parameters' ? 2 : 1)
    expect(endOf(run)).toEqual(run.met.at(-1)?.[1].net)
  })

  test('within a budget of time goes on', async () => {
    const run = await grown({ budget: { latency: 1e6 }, upTo: 1, until: { gainBelow: -1 } })
    expect([stopOf(run), run.met.length]).toEqual([undefined, 2])
  })

  test('by sparks says that what the net gives has changed', async () => {
    const run = await grown({ how: 'spark', upTo: 1 })
    expect(eventsOf(run).find(({ _tag }) => _tag === 'grown')?.exact).toBe(false)
  })
})
