import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addMoments,
  bestFeatures,
  classVariance,
  discriminantsOf,
  featuresHolding,
  type Moments,
  noMoments,
  separationPower,
} from '../../../src/learn/criteria/discriminants.js'
import { stream } from '../../../src/net/random.js'

interface Seen {
  readonly classes: number
  readonly size: number
  readonly rows: readonly (readonly number[])[]
  readonly labels: readonly number[]
}

/** Features of images of some classes; a class may have none. */
const seen: fc.Arbitrary<Seen> = fc
  .record({
    classes: fc.integer({ min: 1, max: 4 }),
    size: fc.integer({ min: 1, max: 5 }),
    images: fc.integer({ min: 1, max: 20 }),
    seed: fc.nat(),
  })
  .map(({ classes, size, images, seed }) => {
    const draw = stream(seed, 'features')
    const labels = Array.from({ length: images }, () => Math.floor(draw() * classes))
    const rows = labels.map(label =>
      Array.from({ length: size }, (_, j) => Math.fround(draw() + label * (j % 3))),
    )
    return { classes, size, rows, labels }
  })

const momentsOf = ({ classes, size, rows, labels }: Seen, before = noMoments(classes, size)): Moments =>
  addMoments({ labels: Int32Array.from(labels), size: rows.length })(Float32Array.from(rows.flat()))(before)

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length

/** Means and variances in two passes, as their definitions read. */
const plainly = ({ classes, size, rows, labels }: Seen) => {
  const column = (j: number, of = (_: number) => true) =>
    rows.flatMap((row, i) => (of(labels[i] ?? 0) ? [row[j] ?? 0] : []))
  const means = Array.from({ length: classes }, (_, c) =>
    Array.from({ length: size }, (_, j) => mean(column(j, label => label === c))),
  )
  const overall = Array.from({ length: size }, (_, j) => mean(column(j)))
  const at = (c: number, j: number) => means[c]?.[j] ?? 0
  const within = overall.map((_, j) =>
    mean(rows.map((row, i) => ((row[j] ?? 0) - at(labels[i] ?? 0, j)) ** 2)),
  )
  const between = overall.map((middle, j) => mean(labels.map(label => (at(label, j) - middle) ** 2)))
  return { means, overall, within, between }
}

const expectClose = (got: Float64Array, expected: readonly number[]): void => {
  expect(got.length).toBe(expected.length)
  got.forEach((value, i) => {
    const right = expected[i] ?? Number.NaN
    expect(Math.abs(value - right)).toBeLessThan(1e-6 * Math.max(1, Math.abs(right)))
  })
}

describe('means and variances by class', () => {
  test('equal those of plain loops over images', () => {
    fc.assert(
      fc.property(seen, data => {
        const [got, expected] = [classVariance(momentsOf(data)), plainly(data)]
        expectClose(got.means, expected.means.flat())
        expectClose(got.overall, expected.overall)
        expectClose(got.within, expected.within)
        expectClose(got.between, expected.between)
      }),
    )
  })

  test('add up to the total variance', () => {
    fc.assert(
      fc.property(seen, data => {
        const { within, between, overall } = classVariance(momentsOf(data))
        within.forEach((sw, j) => {
          const all = mean(data.rows.map(row => ((row[j] ?? 0) - (overall[j] ?? 0)) ** 2))
          expect(sw + (between[j] ?? 0)).toBeCloseTo(all, 6)
        })
      }),
    )
  })

  test('do not depend on the batch size or on padding', () => {
    fc.assert(
      fc.property(seen, fc.nat(20), (data, at) => {
        const part = (from: number, to?: number): Seen => ({
          ...data,
          rows: data.rows.slice(from, to),
          labels: data.labels.slice(from, to),
        })
        const halves = momentsOf(part(at), momentsOf(part(0, at)))
        const whole = momentsOf(data)
        expectClose(halves.sums, [...whole.sums])
        expectClose(halves.squares, [...whole.squares])
        const filled = { labels: Int32Array.from([...data.labels, -1, -1]), size: data.labels.length }
        const features = Float32Array.from([...data.rows.flat(), ...new Array<number>(2 * data.size).fill(9)])
        expect(addMoments(filled)(features)(noMoments(data.classes, data.size))).toEqual(whole)
      }),
    )
  })

  test('stay finite for a constant feature, one image, no image', () => {
    for (const rows of [
      [[1, 1]],
      [
        [1, 0],
        [1, 1],
      ],
      [],
    ]) {
      const data = { classes: 3, size: 2, rows, labels: rows.map((_, i) => i) }
      const spread = classVariance(momentsOf(data))
      for (const values of [...Object.values(spread), separationPower(spread), discriminantsOf(spread)])
        expect([...values].every(Number.isFinite)).toBe(true)
    }
  })
})

describe('class separation of features', () => {
  test('power is sb/(sw + 0.1 · mean sw), D is max(0, m − μ) over the same', () => {
    fc.assert(
      fc.property(seen, data => {
        const spread = classVariance(momentsOf(data))
        const { means, overall, within, between } = plainly(data)
        const floor = 0.1 * mean(within)
        fc.pre(floor > 1e-6)
        expectClose(
          separationPower(spread),
          between.map((sb, j) => sb / ((within[j] ?? 0) + floor)),
        )
        expectClose(
          discriminantsOf(spread),
          means.flatMap(row =>
            row.map((m, j) => Math.max(0, m - (overall[j] ?? 0)) / ((within[j] ?? 0) + floor)),
          ),
        )
      }),
    )
  })

  test('featuresHolding is the smallest number of features whose sum reaches the share', () => {
    const values = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(values, fc.double({ min: 0.1, max: 0.99, noNaN: true }), (list, share) => {
        const total = list.reduce((a, b) => a + b, 0)
        fc.pre(total > 0.1)
        const top = (count: number) => list.toSorted((a, b) => b - a).slice(0, count)
        const sum = (count: number) => top(count).reduce((a, b) => a + b, 0)
        const count = featuresHolding(share, Float64Array.from(list))
        expect(sum(count)).toBeGreaterThanOrEqual(share * total - 1e-9)
        expect(sum(count - 1)).toBeLessThan(share * total + 1e-9)
      }),
    )
    expect(featuresHolding(0.95, Float64Array.of(1, 1, 1, 1))).toBe(4)
    expect(featuresHolding(0.95, Float64Array.of(0, 99, 1))).toBe(1)
    expect(featuresHolding(0.5, Float64Array.of(2, 2))).toBe(1)
  })

  test('the best features are the largest, ties in order', () => {
    expect(bestFeatures(3, Float64Array.of(1, 5, 3, 5, 0))).toEqual([1, 3, 2])
    expect(bestFeatures(9, Float64Array.of(1, 2))).toEqual([1, 0])
  })
})
