/** Push and prune in a schedule: what the prune is to leave and to spare, the push before it knows. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../src/data/spec.js'
import type { Engine } from '../../src/engine/engine.js'
import { constant } from '../../src/learn/training/learning-rate.js'
import { countParams } from '../../src/net/counts.js'
import { isInside } from '../../src/net/path.js'
import { channelsOf } from '../../src/net/shape.js'
import type { Net } from '../../src/net/tree.js'
import { allWeightSpecs } from '../../src/net/weight-specs.js'
import { init } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { experiment } from '../../src/run/schedule/experiment.js'
import { prune, push, train, untilTarget } from '../../src/run/schedule/schedule.js'
import type { Prune, Step } from '../../src/run/schedule/steps.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import type { ConstraintOptions } from '../../src/surgery/prune/options.js'
import { prune as cut } from '../../src/surgery/prune/prune.js'
import { available } from '../support/engines.js'
import { placed, right } from '../support/nets/surgery.js'
import { tinyNet } from '../support/nets/tiny.js'
import { eventsOf, lastOf, type Told, told } from '../support/running.js'

const [[, engine] = [null, null]] = await available(['wasm', 'cpu'])

const learning = { epochs: 1, batchSize: 3, learningRate: 0.02, lrSchedule: constant() }
const pushed = push(learning)
const wide = placed(tinyNet)
const planted = right(init(0)(tinyNet))

const endOf = (run: Told) => placed(lastOf(run).learner.model.net)
const sizeOf = (run: Told): number => countParams(endOf(run)) / countParams(wide)

describe.runIf(engine !== null)('a prune after a push', () => {
  const on = engine as Engine // runIf has looked
  const ran = (...steps: readonly Step[]) => told(on, experiment(tinyNet, glyphs(), ...steps))

  const units = ['conv', 'module/three/conv', 'sum/body/conv'] as const // each a group of its own

  const guards: fc.Arbitrary<ConstraintOptions> = fc.record(
    {
      freeze: fc.subarray(['conv', 'module/three', 'sum/body/conv2'], { maxLength: 1 }),
      ignore: fc.subarray([...units], { maxLength: 2 }),
      minChannels: fc.constantFrom(0, 1, 2),
      roundTo: fc.constantFrom(1, 2, 3),
      floor: fc.constantFrom(0, 0.3, 0.6),
    },
    { requiredKeys: [] },
  )

  test('spares what it is told to, and the push fades no more than it cuts', async () => {
    await fc.assert(
      fc.asyncProperty(guards, fc.boolean(), async (spared, around) => {
        const aim = { keep: { params: 0.75 } }
        fc.pre(E.isRight(cut({ ...aim, ...spared, by: l1 })(planted))) // else it is out of reach
        const step = prune({ images: 9, ...spared })
        const run = await ran(
          ...(around
            ? [untilTarget({ ...aim, rounds: 1 }, pushed, step)]
            : [pushed, { ...step, target: aim }]),
        )
        expect(run.outcome).toBe('done')
        expect(sizeOf(run)).toBeLessThanOrEqual(aim.keep.params)
        const [
          narrow,
          { freeze: protect = [], ignore = [], minChannels: minimum = 0, roundTo: multiple = 1, floor = 0.1 },
        ] = [endOf(run), spared]
        for (const { key, at, shape } of allWeightSpecs(wide))
          if (protect.some(place => isInside(place, at)))
            expect(lastOf(run).learner.model.weights[key]?.shape).toEqual(shape)
        for (const path of units) {
          const [all, left] = [wide, narrow].map(net => channelsOf(net.layers.get(path)?.output ?? [0]))
          if (ignore.includes(path) && left !== 0) expect(left).toBe(all)
          if (minimum > 0) expect(left).toBeGreaterThanOrEqual(minimum)
          expect(left === all || (left ?? 0) % Number(multiple) === 0).toBe(true)
        }
        const [all = 0, left = 0] = [wide, narrow].map(net =>
          channelsOf(net.layers.get('module')?.output ?? []),
        )
        expect(left).toBeGreaterThanOrEqual(Math.ceil(floor * all))
        const told = eventsOf(run)
        const [last, pruned] = [
          told.findLast(event => event._tag === 'epoch'),
          told.find(event => event._tag === 'pruned'),
        ]
        expect(pruned.removed).toBeGreaterThan(0)
        expect(pruned.raw.loss).toBeCloseTo(last.validation.loss, 4)
      }),
      { numRuns: 12 },
    )
  })

  test('tells whether there was batch norm to measure again', async () => {
    const plain = net(
      'plain',
      image(6, 6, 1),
      convBnAct(6, 3, { norm: false }),
      convBnAct(4, 3, { norm: false }),
      globalAvgPool,
      dense(3),
    )
    const cutOf = async (of: Net) =>
      eventsOf(
        await told(on, experiment(of, glyphs(), prune({ by: 'l1', images: 9, keep: { params: 0.7 } }))),
      ).find(event => event._tag === 'pruned')
    const [normed, without] = [await cutOf(tinyNet), await cutOf(plain)]
    expect([normed.recalibrated, without.recalibrated]).toEqual([true, false])
    expect(without.repaired).toEqual(without.raw)
  })

  test('goes as far as its own aim says, whatever the push or the rounds around it were told', async () => {
    const own = { keep: { params: 0.4 } }
    const other = { keep: { params: 0.8 } }
    const step = prune({ ...own, images: 9 })
    const runs = await Promise.all([
      ran(pushed, step),
      ran(push({ ...learning, ...other }), step),
      ran(untilTarget({ ...other, rounds: 1 }, pushed, step)),
    ])
    for (const run of runs) {
      expect(run.outcome).toBe('done')
      expect(sizeOf(run)).toBeLessThanOrEqual(0.4)
      expect(sizeOf(run)).toBeGreaterThan(0.2)
    }
    const told = eventsOf(runs[0])
    const faded = told.find(event => event._tag === 'pruned')
    expect(faded.raw.loss).toBeCloseTo(told.find(event => event._tag === 'epoch').validation.loss, 4)
  })

  test('by a threshold cuts what was faded by it, and on by another of its own', async () => {
    const [one, three] = [{ eta: 2 }, { eta: 3 }]
    const removed = async (...steps: readonly Step[]) =>
      eventsOf(await ran(...steps)).find(event => event._tag === 'pruned').removed
    const faded = await removed(push({ ...learning, ...one }), prune({ images: 9 }))
    expect(faded).toBeGreaterThan(0)
    expect(await removed(pushed, prune({ images: 9, ...one }))).toBe(faded)
    expect(await removed(push({ ...learning, ...one }), prune({ images: 9, ...three }))).toBeGreaterThan(
      faded,
    )
  })

  test('ranks as it is told, or as suits its criterion', async () => {
    const by = (options: Partial<Prune>) =>
      ran(prune({ by: 'l2', cost: 0, keep: { params: 0.5 }, images: 9, ...options }))
    const [usual, named, other] = await Promise.all([
      by({}),
      by({ normalize: 'layer' }),
      by({ normalize: 'raw' }),
    ])
    const netOf = (run: Told) => lastOf(run).learner.model.net
    expect(netOf(named)).toEqual(netOf(usual))
    expect(netOf(other)).not.toEqual(netOf(usual))
  })

  test('that cannot be is refused before anything trains', async () => {
    const run = await ran(train(learning), prune({ by: 'l1', eta: 1, freeze: ['nowhere'] }))
    expect([run.outcome, run.log, run.saved]).toEqual(['UnknownPath', '', []])
  })

  test('leaves the net before the first cut, to compare with, and the one before it, to teach', async () => {
    const by = { by: 'l1', cost: 0, images: 9 } as const
    const half = untilTarget({ keep: { params: 0.7 }, rounds: 1 }, prune(by))
    const [bare, twice] = await Promise.all([ran(prune({ ...by, keep: { params: 0.7 } })), ran(half, half)])
    const netsOf = (run: Told) => {
      const { original, teacher } = lastOf(run).models
      return [original?.net, teacher?.net]
    }
    expect(netsOf(bare)).toEqual([tinyNet, tinyNet])
    expect(netsOf(twice)[0]).toEqual(tinyNet)
    expect(netsOf(twice)[1]).not.toEqual(tinyNet)
  })
})
