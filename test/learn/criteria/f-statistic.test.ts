/** The F-statistic of channels over the classes, and utilities divided by cost. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { trainingFeed } from '../../../src/data/pipeline/batches.js'
import { measureCriterion } from '../../../src/learn/criteria/criteria.js'
import { addMoments, noMoments } from '../../../src/learn/criteria/discriminants.js'
import { fStatistics } from '../../../src/learn/criteria/f-statistic.js'
import { stream } from '../../../src/net/random.js'
import { costsOf } from '../../../src/surgery/prune/cost.js'
import { l1, perCost } from '../../../src/surgery/prune/criteria.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import type { Utilities } from '../../../src/surgery/prune/rank.js'
import { float64 } from '../../support/engines.js'
import { arbitraryModel, modelOf } from '../../support/nets/arbitrary.js'
import { right, utilitiesOf } from '../../support/nets/surgery.js'
import { tinyData, tinyNet } from '../../support/nets/tiny.js'
import { hasModule, runPython } from '../../support/programs/python.js'
import { succeed } from '../../support/scratch.js'

interface Table {
  readonly classes: number
  readonly rows: readonly (readonly number[])[]
  readonly labels: readonly number[]
}

const drawTable = (seed: number, classes: number, images: number, size: number): Table => {
  const draw = stream(seed, 'table')
  const labels = Array.from({ length: images }, (_, nth) =>
    nth < classes ? nth : Math.floor(draw() * classes),
  )
  const rows = labels.map(label =>
    Array.from({ length: size }, (_, j) => Math.fround(draw() + (0.3 * label * (j % 3)) / classes + 5 * j)),
  )
  return { classes, rows, labels }
}

const table = fc
  .record({ seed: fc.nat(), classes: fc.integer({ min: 2, max: 5 }), more: fc.integer({ min: 2, max: 30 }) })
  .map(({ seed, classes, more }) => drawTable(seed, classes, classes + more, 4))

const statisticsOf = ({ classes, rows, labels }: Table, classesThere = classes): Float64Array =>
  fStatistics(
    addMoments({ labels: Int32Array.from(labels), size: rows.length })(Float32Array.from(rows.flat()))(
      noMoments(classesThere, rows[0]?.length ?? 0),
    ),
  )

const expectClose = (got: ArrayLike<number>, expected: readonly number[], tolerance = 1e-6): void => {
  expect(got.length).toBe(expected.length)
  expected.forEach((value, j) => {
    expect(Math.abs((got[j] ?? Number.NaN) - value)).toBeLessThanOrEqual(tolerance * Math.max(1e-3, value))
  })
}

describe('F', () => {
  test('of two classes is the square of Student’s t', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 4, max: 30 }), (seed, images) => {
        const two = drawTable(seed, 2, images, 3)
        const column = (j: number, label: number) =>
          two.rows.flatMap((row, i) => (two.labels[i] === label ? [row[j] ?? 0] : []))
        const mean = (all: readonly number[]) => all.reduce((a, b) => a + b, 0) / all.length
        const squares = (all: readonly number[]) =>
          all.reduce((sum, each) => sum + (each - mean(all)) ** 2, 0)
        const tSquared = [0, 1, 2].map(j => {
          const [a, b] = [column(j, 0), column(j, 1)]
          const pooled = (squares(a) + squares(b)) / (images - 2)
          return (mean(a) - mean(b)) ** 2 / (pooled * (1 / a.length + 1 / b.length))
        })
        expectClose(statisticsOf(two), tSquared, 1e-4)
      }),
    )
  })

  test('stays where features are scaled, by powers of two exactly, and where a class has no image', () => {
    fc.assert(
      fc.property(table, fc.integer({ min: -40, max: 40 }), (given, power) => {
        const scaled = { ...given, rows: given.rows.map(row => row.map(each => each * 2 ** power)) }
        expect(statisticsOf(scaled)).toEqual(statisticsOf(given))
        expect(statisticsOf(given, given.classes + 2)).toEqual(statisticsOf(given))
      }),
    )
  })

  test('of a constant feature is 0, of one that tells the classes apart without error the largest, and finite', () => {
    const labels = [0, 0, 1, 1, 2, 2]
    const rows = labels.map((label, nth) => [7, label, nth, 0])
    const [constant, exact = 0, noisy = 0, zero] = statisticsOf({ classes: 3, rows, labels })
    expect([constant, zero]).toEqual([0, 0])
    expect(exact).toBeGreaterThan(1e9 * noisy)
    expect(Number.isFinite(exact)).toBe(true)
    expect(noisy).toBeCloseTo(16 / 1 / (1.5 / 3) / 2, 9) // SSB 16 of 2 degrees, SSW 1.5 of 3
  })

  test.runIf(hasModule('numpy'))('is that of SciPy, or of NumPy where that is not there', () => {
    const given = drawTable(3, 4, 40, 6)
    const script = `
import json, sys
import numpy as np
given = json.loads(sys.argv[1])
x, y = np.array(given['rows']), np.array(given['labels'])
groups = [x[y == c] for c in range(given['classes'])]
try:
    from scipy.stats import f_oneway
    f = f_oneway(*groups).statistic
except ImportError:
    between = sum(len(g) * (g.mean(0) - x.mean(0)) ** 2 for g in groups) / (len(groups) - 1)
    f = between / (sum(((g - g.mean(0)) ** 2).sum(0) for g in groups) / (len(x) - len(groups)))
print(json.dumps(f.tolist()))`
    expectClose(statisticsOf(given), JSON.parse(runPython(script, JSON.stringify(given))), 1e-6)
  })

  test('is a criterion of a prune', async () => {
    const batch = 9
    const feed = trainingFeed(tinyData(), { batch, seed: 0, augment: false })
    const model = modelOf(2)(tinyNet)
    const by = await succeed(
      measureCriterion('fStatistic', { cost: 'params', power: 0 })(
        { model, slots: {} },
        { engine: float64, feed, batch, batches: 4 },
        0,
      ),
    )
    expect(Object.keys(by)).toContain('module/three/conv2')
    const pruned = right(prune({ keep: { params: 0.5 }, by, normalize: 'global' })(model))
    expect(pruned.removed.length).toBeGreaterThan(0)
  })
})

describe('utilities by cost', () => {
  const scaleBy = (factor: number, utilities: Utilities): Utilities =>
    Object.fromEntries(
      Object.entries(utilities).map(([path, all]) => [path, Array.from(all, each => each * factor)]),
    )

  test('rank as before where all utilities are scaled', () => {
    fc.assert(
      fc.property(arbitraryModel(), fc.nat(), fc.integer({ min: -6, max: 6 }), (model, seed, power) => {
        const utilities = utilitiesOf(model.net, seed)
        const cut = (by: Utilities) =>
          prune({
            keep: { macs: 0.6 },
            normalize: 'raw',
            by: right(perCost('macs', 1)(() => E.right(by))(model, undefined)),
          })(model)
        const [plain, scaled] = [cut(utilities), cut(scaleBy(2 ** power, utilities))]
        expect(scaled._tag).toBe(plain._tag)
        if (E.isRight(plain) && E.isRight(scaled))
          expect(scaled.right.model.net).toEqual(plain.right.model.net)
      }),
      { numRuns: 25 },
    )
  })

  test.each(['params', 'macs'] as const)(
    'are utilities per unit of %s, so that equal utilities go by cost alone',
    cost => {
      const model = modelOf(1)(tinyNet)
      const costs = costsOf(cost)(model)
      const [by, plain] = [right(perCost(cost, 1)(l1)(model, undefined)), right(l1(model, undefined))]
      for (const [path, values] of Object.entries(by))
        expectClose(
          values,
          Array.from(plain[path] ?? [], (value, channel) => value / (costs[path]?.[channel] ?? Number.NaN)),
          1e-12,
        )
    },
  )
})
