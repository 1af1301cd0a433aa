/** A cut inside a training: one schedule of rates, and less to compute than the whole net takes. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { glyphs } from '../../src/data/spec.js'
import type { Engine } from '../../src/engine/engine.js'
import { criterion } from '../../src/learn/criteria/named-criterion.js'
import { trainDefaults } from '../../src/learn/options.js'
import { factorAt } from '../../src/learn/training/learning-rate.js'
import { countMacs } from '../../src/net/counts.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import type { RunEvent } from '../../src/run/events.js'
import { channelHistories, isGone } from '../../src/run/review/channel-history.js'
import { checkSchedule } from '../../src/run/schedule/check.js'
import { type Experiment, experiment } from '../../src/run/schedule/experiment.js'
import { distill, type TrainStepOptions, train } from '../../src/run/schedule/schedule.js'
import { available } from '../support/engines.js'
import { left, placed } from '../support/nets/surgery.js'
import { tinyNet } from '../support/nets/tiny.js'
import { again, bits, eventsOf, expectSame, lastOf, type Told, told } from '../support/running.js'

const engines = await available()

const learning = { epochs: 7, batchSize: 9 }
const steps = 4 // of an epoch, of 36 images

const cut = { keep: { macs: 0.5 }, from: 2, until: 4 } as const

const whole = (options: TrainStepOptions = {}): Experiment =>
  experiment(tinyNet, glyphs(), train({ ...learning, ...options }))

const eventsBy = <T extends RunEvent['_tag']>(
  run: Told,
  tag: T,
): readonly Extract<RunEvent, { readonly _tag: T }>[] => eventsOf(run).filter(event => event._tag === tag)

/** The epochs done when the net was cut. */
const epochsBefore = (run: Told): number =>
  eventsOf(run)
    .slice(
      0,
      eventsOf(run).findIndex(({ _tag }) => _tag === 'pruned'),
    )
    .filter(({ _tag }) => _tag === 'epoch').length

test.each(engines)(
  'a training on %s that cuts, stopped under its mask, is as if never stopped',
  async (_, engine) => {
    const short = whole({ epochs: 3, batchSize: 18, prune: { keep: { macs: 0.5 }, from: 1, until: 2 } })
    const first = await told(engine, short, { after: 3 })
    expect(first.outcome).toBe('Interrupted')
    const resumed = await told(engine, short, { from: await again(lastOf(first)), log: first.log })
    expectSame(resumed, await told(engine, short))
  },
)

/** A criterion of a user's own that ranks one layer. */
const sizes = criterion('sizes', ({ weights }) => ({
  conv: Array.from(weights['conv/scale']?.data ?? [], Math.abs),
}))

/** An engine, and the rates that its training steps are fed. */
const watched = (engine: Engine) => {
  const rates: number[] = []
  const open: Engine['open'] = program =>
    pipe(
      engine.open(program),
      TE.map(session => ({
        ...session,
        runAsync: (name, feeds) => {
          if (name === 'train') rates.push(...(feeds.rate ?? []))
          return session.runAsync(name, feeds)
        },
      })),
    )
  return { rates, watching: { ...engine, open } }
}

describe.runIf(engines.some(([name]) => name === 'wasm'))('on the embedded engine', () => {
  const engine = engines.find(([name]) => name === 'wasm')?.[1] as Engine // runIf has looked
  let run: Told
  let plain: Told
  beforeAll(async () => {
    run = await told(engine, whole({ prune: cut }))
    plain = await told(engine, whole())
  })

  test('killed anywhere between two writes, and stopped at any step, it goes on to the same weights', async () => {
    for (const from of run.saved.slice(0, -1))
      expectSame(await told(engine, whole({ prune: cut }), { from: await again(from), log: run.log }), run)
    for (const after of [10, 15, 19]) {
      const first = await told(engine, whole({ prune: cut }), { after })
      expect(first.outcome).toBe('Interrupted')
      const from = await again(lastOf(first))
      expectSame(await told(engine, whole({ prune: cut }), { from, log: first.log }), run)
    }
  })

  test('until the first mask it is plain training, bit for bit', () => {
    const scores = (of: Told) => eventsBy(of, 'epoch').slice(0, cut.from)
    expect(scores(run)).toEqual(scores(plain))
    const atMask = (of: Told) => bits(of.saved[cut.from - 1] ?? lastOf(of))[0]
    expect(atMask(run)).toEqual(atMask(plain))
  })

  test('the rates are those of one schedule, over the cut', async () => {
    const { rates, watching } = watched(engine)
    await told(watching, whole({ prune: cut }))
    const all = learning.epochs * steps
    const factor = factorAt(trainDefaults.lrSchedule, all)
    expect(rates).toEqual(
      Array.from({ length: all }, (_, step) => Math.fround(trainDefaults.learningRate * factor(step))),
    )
  })

  test('its learning takes the MACs of the whole net before the cut and of the pruned one after it', () => {
    const images = steps * learning.batchSize
    const [before, after] = [countMacs(placed(tinyNet)), countMacs(lastOf(run).learner.model)]
    const epochs = epochsBefore(run)
    expect(epochs).toBeLessThan(learning.epochs - 2)
    expect(lastOf(run).trainingMacs).toBe(3 * images * (epochs * before + (learning.epochs - epochs) * after))
    expect(lastOf(run).trainingMacs).toBeLessThan(0.8 * lastOf(plain).trainingMacs)
  })

  test('the last mask is what is cut, and the log explains it', () => {
    const masks = eventsBy(run, 'masked')
    expect(masks.map(({ epoch }) => epoch)).toEqual(masks.map((_, nth) => cut.from - 1 + nth))
    expect(masks.map(({ last }) => last)).toEqual(masks.map((_, nth) => nth === masks.length - 1))
    expect(countMacs(lastOf(run).learner.model)).toBeLessThanOrEqual(0.5 * countMacs(placed(tinyNet)))
    const gone = channelHistories(eventsOf(run)).filter(isGone)
    expect(eventsBy(run, 'pruned').map(({ removed }) => removed)).toEqual([gone.length])
    const { layers } = lastOf(run).learner.model
    for (const { path, channel, decisions } of channelHistories(eventsOf(run))) {
      expect(decisions.length).toBe(1)
      if (path !== '' && !layers.has(path)) expect(isGone({ path, channel, decisions })).toBe(true)
    }
  })

  test('channels that have shrunk to zero are cut without a change', async () => {
    const never = await told(engine, whole({ prune: { ...cut, stable: 0 } }))
    const [pruned] = eventsBy(never, 'pruned')
    const before = eventsBy(never, 'epoch')[epochsBefore(never) - 1]
    expect(pruned?.raw.loss).toBeCloseTo(before?.validation.loss ?? Number.NaN, 4)
  })

  test.each([
    ['taylor', 'taylor', 0.5],
    ['l1', 'l1', 0.5],
    ['one of a user', sizes, 0.9],
  ] as const)('by %s it cuts too, at the last epoch it may where nothing is stable', async (_, by, macs) => {
    const never = await told(engine, whole({ prune: { ...cut, keep: { macs }, by, stable: 0 } }))
    expect(never.outcome).toBe('done')
    expect(epochsBefore(never)).toBe(cut.until)
    expect(countMacs(lastOf(never).learner.model)).toBeLessThanOrEqual(macs * countMacs(placed(tinyNet)))
  })

  test('spares the layers that do not learn', async () => {
    const frozen = await told(
      engine,
      whole({ freeze: ['conv'], prune: { ...cut, by: 'l1', normalize: 'raw' } }),
    )
    expect(frozen.outcome).toBe('done')
    expect(lastOf(frozen).learner.model.layers.get('conv')?.output.at(-1)).toBe(6)
    expect(eventsBy(frozen, 'ranked').length).toBe(1)
  })

  test('a teacher teaches before the cut and after it, and no half-trained net becomes one', async () => {
    const alone = whole({ prune: cut })
    const twice = { ...alone, schedule: [...alone.schedule, train({ ...learning, epochs: 1, distill })] }
    expect((await told(engine, twice)).outcome).toBe('NoTeacher')
    expect(lastOf(run).models.teacher).toBe(null)
    expect(lastOf(run).models.original).not.toBe(null)
  })
})

describe('what cannot be is refused before anything trains', () => {
  const refused = (options: object) =>
    renderMessage(left(checkSchedule(9)(whole({ prune: cut, ...options } as TrainStepOptions))))
  test.each([
    [
      { epochs: 2 },
      'epochs: expected at least 3 beside prune: before the mask, with it, and after the cut, got 2',
    ],
    [
      { prune: { ...cut, from: 6 } },
      'prune.from: expected at most 5 of 7 epochs: a mask takes one, and one follows the cut, got 6',
    ],
    [
      { prune: { ...cut, until: 7 } },
      'prune.until: expected an epoch after 2, where masks begin, and before the last, 7, got 7',
    ],
    [{ prune: { ...cut, until: 2 } }, 'prune.until: expected an epoch after 2'],
    [{ restoreBest: true }, 'restoreBest: expected false beside prune'],
    [{ patience: 2 }, 'patience: expected null beside prune'],
    [{ accumulate: 2 }, 'accumulate: expected 1 beside prune'],
    [{ distill }, 'expected a prune before a step with distill'],
    [{ prune: { ...cut, freeze: ['a'] } }, 'freeze: expected the path of a layer, got a'],
    [{ prune: { ...cut, by: 'taylro' } }, 'prune.by: expected'],
    [{ prune: { ...cut, stable: 2 } }, 'prune.stable: expected a number from 0 to 1, got 2'],
    [{ prune: { from: 2 } }, 'prune.target: expected a target, got null'],
    [{ prune: { ...cut, eta: 1 } }, 'prune.target: expected only one of keep, atMost, eta'],
    [{ prune: { keep: { latency: 0.5 } } }, 'prune.target.keep: expected'],
    [{ prune: { ...cut, keep: { macs: 0.001 } } }, 'target: expected at most'],
    [{ prune: true }, 'prune.options: expected a record of options, got true'],
    [{ prune: { ...cut, stabel: 1 } }, "prune: expected a known option, got 'stabel'; try 'stable'"],
  ])('%o', (options, said) => {
    expect(refused(options)).toContain(said)
  })

  test('and null is none', () => {
    expect(train({ ...learning, prune: null })).toEqual(train(learning))
    const {
      schedule: [made],
    } = whole({ prune: cut })
    expect(train({ ...(made as ReturnType<typeof train>) })).toEqual(made)
  })
})
