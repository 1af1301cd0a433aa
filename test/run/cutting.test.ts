/** What a run's cuts leave, and what it says of them. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../src/data/spec.js'
import type { Engine } from '../../src/engine/engine.js'
import { constant } from '../../src/learn/training/learning-rate.js'
import { channelsOf } from '../../src/net/shape.js'
import type { Net } from '../../src/net/tree.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, flatten, image, maxPool } from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { fallenToChance } from '../../src/run/chance-level.js'
import type { StageResult } from '../../src/run/cursor.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune, push, train, untilTarget } from '../../src/run/schedule/schedule.js'
import type { Step } from '../../src/run/schedule/steps.js'
import { available } from '../support/engines.js'
import { tinyData, tinyNet } from '../support/nets/tiny.js'
import { again, eventsOf, lastOf, type Told, told, type Way } from '../support/running.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])
const on = engine as Engine // the suite is skipped where there is none

const plain = { norm: false } as const
const cnn = net(
  'cnn',
  image(6, 6, 1),
  convBnAct(8, 3, plain),
  maxPool(2),
  flatten,
  dense(32, { activation: 'relu' }),
  dense(3),
)

const data = tinyData(40)
const learning = { batchSize: 6, learningRate: 0.05, lrSchedule: constant() }
const learnt = train({ ...learning, epochs: 3 })
const ran = (given: Net, steps: readonly Step[], way: Way = {}) =>
  told(on, experiment(given, glyphs(), ...steps), { data, ...way })

const widthAt = (run: Told, path: string): number =>
  channelsOf(lastOf(run).learner.model.layers.get(path)?.output ?? [0])
const prunedIn = (run: Told) => eventsOf(run).filter(event => event._tag === 'pruned')
const stagesIn = (run: Told): readonly StageResult[] => lastOf(run).stages

describe.runIf(engine !== null)('a cut', () => {
  test('by L1, all else as usual, leaves a plain CNN alive', async () => {
    const run = await ran(cnn, [
      learnt,
      prune({ by: 'l1', keep: { macs: 0.3 } }),
      train({ ...learning, epochs: 3 }),
    ])
    expect(run.outcome).toBe('done')
    expect(widthAt(run, 'dense')).toBeGreaterThanOrEqual(4)
    expect(stagesIn(run).at(-1)?.validation.accuracy).toBeGreaterThan(0.7)
  })

  test('repaired by reconstruction keeps more than one with batch norm measured again', async () => {
    const raw = async (repair: 'batchNorm' | 'reconstruct') => {
      const run = await ran(tinyNet, [learnt, prune({ by: 'random', keep: { macs: 0.5 }, repair })])
      return prunedIn(run).map(event => event.repaired.loss)
    }
    const [[measured = 0], [reconstructed = 0]] = [await raw('batchNorm'), await raw('reconstruct')]
    expect(reconstructed).toBeLessThan(0.8 * measured)
  })

  test('by Taylor or by losers goes without batch norm', async () => {
    for (const steps of [
      [prune({ by: 'taylor', keep: { params: 0.4 } })],
      [untilTarget({ keep: { params: 0.4 }, rounds: 1 }, push({ ...learning, epochs: 2 }), prune())],
    ] as const) {
      const run = await ran(cnn, [learnt, ...steps])
      expect(run.outcome).toBe('done')
      const [{ raw, params }] = prunedIn(run)
      expect(params).toBeLessThanOrEqual(0.4 * (8 * 10 + 32 * 73 + 99))
      expect(raw.accuracy).toBeGreaterThan(0.9)
    }
  })

  test('names the layers it leaves with no more than their floor, and those below the usual one', async () => {
    const cut = (floor: number) =>
      ran(cnn, [prune({ by: 'l1', normalize: 'global', cost: 0, images: 60, keep: { params: 0.1 }, floor })])
    const [free] = prunedIn(await cut(0))
    expect(free.thin).toContainEqual({ at: 'dense', channels: 2, of: 32 })
    const [floored] = prunedIn(await cut(0.125))
    expect(floored.thin).toContainEqual({ at: 'dense', channels: 4, of: 32 })
    const [mild] = prunedIn(await ran(cnn, [prune({ by: 'l1', images: 60, keep: { params: 0.8 } })]))
    expect(mild.thin).toBeUndefined()
  })

  test('keeps to the floor of the widths before the first, however often it cuts', async () => {
    const cut = (params: number) =>
      prune({ by: 'l1', normalize: 'global', images: 60, floor: 0.25, eta: params })
    const run = await ran(cnn, [cut(100), cut(100), cut(100)])
    expect(run.outcome).toBe('done')
    expect([widthAt(run, 'conv'), widthAt(run, 'dense')]).toEqual([2, 8])
    const rounds = await ran(cnn, [
      untilTarget({ eta: 100, rounds: 3 }, prune({ by: 'l1', images: 60, floor: 0.25 })),
    ])
    expect([widthAt(rounds, 'conv'), widthAt(rounds, 'dense')]).toEqual([2, 8])
  })

  test('is told to the push before it, its floor and what that is a share of too', async () => {
    const rounds = untilTarget(
      { eta: 100, rounds: 2 },
      push({ ...learning, epochs: 1 }),
      prune({ images: 60, floor: 0.5 }),
    )
    const run = await ran(cnn, [learnt, rounds])
    expect(run.outcome).toBe('done')
    expect([widthAt(run, 'conv'), widthAt(run, 'dense')]).toEqual([4, 16])
    const told = eventsOf(run).filter(({ _tag }) => _tag !== 'ranked' && _tag !== 'featuresMeasured')
    const cut = told.findIndex(event => event._tag === 'pruned')
    expect(told[cut].raw.loss).toBeCloseTo(told[cut - 1].validation.loss, 4)
  })

  test('forgets what a push condemned, and cuts no more of it afterwards', async () => {
    for (const given of [tinyNet, cnn]) {
      const [much, little] = [{ keep: { params: 0.4 } }, { keep: { params: 0.8 } }]
      const pushed = push({ ...learning, epochs: 1, ...much })
      const run = await ran(given, [pushed, prune({ by: 'taylor', ...little, images: 60 })])
      const slots = Object.keys(lastOf(run).learner.slots)
      expect(slots.some(name => name.endsWith('/utility'))).toBe(true)
      expect(slots.filter(name => /\/(?:condemned|reach)$/.test(name))).toEqual([])
      const twice = await ran(given, [
        pushed,
        prune({ by: 'taylor', ...little, images: 60 }),
        prune({ keep: { params: 0.95 }, images: 60 }),
      ])
      const [first, second] = prunedIn(twice)
      expect(second.params).toBeGreaterThan(0.7 * first.params)
    }
  })

  test('after a push without batch norm is taken up again from disk', async () => {
    const run = await ran(cnn, [
      push({ ...learning, epochs: 1, keep: { params: 0.5 } }),
      prune({ images: 60 }),
    ])
    const first = run.saved.find(({ stages }) => stages.length === 1)
    if (first === undefined) throw new Error('nothing was saved')
    expect(await again(first)).toEqual(first)
  })
})

describe.runIf(engine !== null)('a run whose net was cut', () => {
  const deadly = prune({ by: 'l1', normalize: 'global', images: 60, floor: 0, keep: { params: 0.02 } })
  const still = train({ ...learning, epochs: 1, learningRate: 1e-9 })

  test('to what stays at chance after training ends with that fact, what it has saved', async () => {
    const run = await ran(cnn, [learnt, deadly, still, still])
    expect(run.outcome).toBe('AtChance')
    expect(stagesIn(run).length).toBe(3)
    const resumed = await ran(cnn, [learnt, deadly, still], { from: lastOf(run), log: run.log })
    expect(resumed.outcome).toBe('AtChance')
  })

  test('goes on past that where it is told to, as in a study, or before it has trained', async () => {
    expect((await ran(cnn, [learnt, deadly, still], { pastChance: true })).outcome).toBe('done')
    expect((await ran(cnn, [learnt, deadly])).outcome).toBe('done')
    expect((await ran(cnn, [still])).outcome).toBe('done')
  })

  test('tells of a training that ends below its best epoch, wherever it was taken up', async () => {
    const steps = [train({ ...learning, epochs: 6, learningRate: 0.4, clipNorm: 1 })]
    const run = await ran(cnn, steps)
    const epochs = eventsOf(run).flatMap(event => (event._tag === 'epoch' ? [event.validation.accuracy] : []))
    const lost = Math.max(...epochs) - (epochs.at(-1) ?? 0)
    expect(lost).toBeGreaterThan(0.01)
    expect(stagesIn(run)[0]?.lost).toBeCloseTo(lost, 12)
    for (const from of run.saved.slice(0, -1))
      expect((await ran(cnn, steps, { from: await again(from), log: run.log })).log).toBe(run.log)
  })

  test('tells of a training that ends below where it began', async () => {
    const run = await ran(cnn, [learnt, train({ ...learning, epochs: 1, learningRate: 3, clipNorm: 1 })])
    const [before, after] = stagesIn(run)
    const lost = (before?.validation.accuracy ?? 0) - (after?.validation.accuracy ?? 0)
    expect(lost).toBeGreaterThan(0.02)
    expect(after?.lost).toBeCloseTo(lost, 12)
    expect(before?.lost).toBeUndefined()
  })
})

test('chance is what naming the commonest class scores, and little more; a fall to it needs a height before', () => {
  const stage = (name: string, accuracy: number): StageResult => ({
    name,
    params: 1,
    macs: 1,
    validation: { accuracy },
    seconds: 0,
  })
  const schedule = [train(), prune(), train()]
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (before, accuracy) => {
        const stages = [stage('train', before), stage('prune', 0.1), stage('train', accuracy)]
        const fallen = fallenToChance(schedule, stages, data)
        const bound = 1 / 3 + 0.05
        expect(fallen !== null).toBe(accuracy <= bound && before > bound)
        if (fallen !== null) expect(renderMessage(fallen)).toContain('step 3')
        expect(fallenToChance(schedule, stages.slice(0, 2), data)).toBeNull()
      },
    ),
  )
})
