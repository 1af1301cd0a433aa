/** Gradients of what has grown: which units are new, how much they learn beside the others, and when that is recorded. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, test } from 'vitest'
import { glyphs } from '../../../src/data/spec.js'
import { loadWasm } from '../../../src/engine/wasm/index.js'
import { calibrationOf } from '../../../src/learn/criteria/calibration.js'
import { gradients } from '../../../src/learn/criteria/taylor.js'
import { withUnitGradients } from '../../../src/learn/evaluation/new-unit-gradients.js'
import { channelsOf } from '../../../src/net/shape.js'
import { init, type Model } from '../../../src/net/weights.js'
import { convBnAct } from '../../../src/net/words/leaves.js'
import { gradientRatios } from '../../../src/report/charts/gradients.js'
import { storyOf } from '../../../src/report/pages/story.js'
import { experiment } from '../../../src/run/schedule/experiment.js'
import { grow } from '../../../src/run/schedule/growth-plan.js'
import { prune, train } from '../../../src/run/schedule/schedule.js'
import { type Grown, grow as growModel } from '../../../src/surgery/grow/grow.js'
import { type NewUnits, newUnitsIn } from '../../../src/surgery/grow/new-units.js'
import type { GrowOptions } from '../../../src/surgery/grow/options.js'
import { placed, right } from '../../support/nets/surgery.js'
import { freeNet, tinyData } from '../../support/nets/tiny.js'
import { again, eventsOf, expectSame, lastOf, told } from '../../support/running.js'
import { succeed } from '../../support/scratch.js'

const engine = right(await loadWasm(1)())
const calibration = calibrationOf({ engine, dataset: tinyData(), seed: 0 }, 18)
const model = right(init(0)(freeNet))

const grown = (options: GrowOptions): Grown => right(growModel(options)(model))
const unitGradients = (units: NewUnits) => (of: Model) =>
  withUnitGradients(calibration, units)(of)(measure => measure(of))
const width = ({ layers }: Model, path: string): number => channelsOf(layers.get(path)?.output ?? [])

describe('new units', () => {
  test('of a new branch are all of its channels, of a wider module those it had not', () => {
    const branch = grown({
      to: 'module',
      branch: convBnAct(5, 1, { name: 'new' }),
      seed: 1,
      init: 'preserve',
    })
    expect(newUnitsIn(branch.remap)).toEqual({ 'module/new': { width: 5, channels: [0, 1, 2, 3, 4] } })
    const wider = grown({ widen: 'module', by: 2, seed: 1, init: 'preserve' })
    for (const [path, { width: now, channels }] of Object.entries(newUnitsIn(wider.remap))) {
      expect(now).toBe(width(wider.model, path))
      expect(channels.length).toBe(now - width(model, path))
    }
    expect(Object.keys(newUnitsIn(wider.remap)).length).toBeGreaterThan(1)
    expect(newUnitsIn(new Map())).toEqual({})
  })

  test('have the gradient of their kernels, as root mean squares', async () => {
    const { model: after, remap } = grown({ widen: 'module', by: 2, seed: 1, init: 'noisy' })
    const units = newUnitsIn(remap)
    const found = await succeed(unitGradients(units)(after))
    const [batch = {}] = await succeed(
      gradients(key => key.endsWith('/kernel'))({ ...calibration, batches: 1 })(after),
    )
    const sums = { new: [0, 0], old: [0, 0] }
    for (const [key, values] of Object.entries(batch)) {
      const all = width(after, key.slice(0, -'/kernel'.length))
      for (let channel = 0; channel < all; channel++) {
        const kind = units[key.slice(0, -'/kernel'.length)]?.channels.includes(channel) ? 'new' : 'old'
        const square = values
          .filter((_, at) => at % all === channel)
          .reduce((sum, value) => sum + value * value, 0)
        sums[kind] = [(sums[kind][0] ?? 0) + square, (sums[kind][1] ?? 0) + 1]
      }
    }
    const mean = ([sum = 0, count = 1]: readonly number[]) => Math.sqrt(sum / count)
    expect(found?.new).toBeCloseTo(mean(sums.new), 5)
    expect(found?.old).toBeCloseTo(mean(sums.old), 5)
  })

  test('are measured of each model in turn as of it alone', async () => {
    const { model: after, remap } = grown({ widen: 'module', by: 2, seed: 1, init: 'noisy' })
    const units = newUnitsIn(remap)
    const other = { ...after, weights: right(init(7)(after.net)).weights }
    const inTurn = withUnitGradients(calibration, units)(after)(measure =>
      TE.traverseSeqArray(measure)([after, other, after]),
    )
    const [first, second] = [
      await succeed(unitGradients(units)(after)),
      await succeed(unitGradients(units)(other)),
    ]
    expect(first).not.toEqual(second)
    expect(await succeed(inTurn)).toEqual([first, second, first])
  })

  test('that nothing reads have no gradient, and that are not there no measure', async () => {
    const { model: after, remap } = grown({
      to: 'module',
      branch: convBnAct(5, 1, { name: 'new' }),
      seed: 1,
      init: 'preserve',
    })
    expect(await succeed(unitGradients(newUnitsIn(remap))(after))).toMatchObject({ new: 0 })
    expect(await succeed(unitGradients({})(after))).toBe(null)
    const pruned = { 'module/new': { width: 7, channels: [0] } }
    expect(await succeed(unitGradients(pruned)(after))).toBe(null)
  })
})

describe('a run', () => {
  const learning = { epochs: 2, batchSize: 9 }
  const growing = experiment(
    freeNet,
    glyphs(),
    train(learning),
    grow(
      { after: 'module', module: convBnAct(7, 1, { name: 'new' }), max: 2, minDelta: -1, warmup: learning },
      train(learning),
    ),
    prune({ by: 'l1', keep: { params: 0.8 } }),
    train(learning),
  )
  const epochsOf = (log: string) => eventsOf({ log }).filter(({ _tag }) => _tag === 'epoch')

  test('records them in each epoch behind a growth and in no other, and shows them', async () => {
    const whole = await told(engine, growing, { pastChance: true })
    const has = epochsOf(whole.log).map(({ gradient }) => gradient !== undefined)
    expect(has).toEqual([...Array(2).fill(false), ...Array(8).fill(true), ...Array(2).fill(false)])
    const ratios = gradientRatios(storyOf(placed(freeNet), eventsOf(whole)))
    expect(ratios.map(({ epochs, training }) => [epochs, training])).toEqual(
      [3, 4, 5, 6, 7, 8, 9, 10].map(at => [at, at < 7 ? 1 : 2]),
    )
    expect(ratios.every(({ ratio }) => ratio > 0)).toBe(true)
  })

  test('that is stopped behind a growth goes on recording them', async () => {
    const whole = await told(engine, growing, { pastChance: true })
    const first = await told(engine, growing, { after: 4 * 4 + 3, pastChance: true })
    expect(first.outcome).toBe('Interrupted')
    expectSame(
      await told(engine, growing, { from: await again(lastOf(first)), log: first.log, pastChance: true }),
      whole,
    )
  })
})
