import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countsOf, stratifiedShares, stratifiedSplit } from '../../src/data/pipeline/split.js'

const someLabels = fc.integer({ min: 1, max: 6 }).chain(classes =>
  fc.record({
    classes: fc.constant(classes),
    labels: fc
      .array(fc.integer({ min: 0, max: classes - 1 }), { minLength: 1, maxLength: 80, size: 'max' })
      .map(labels => Int32Array.from(labels)),
    share: fc.integer({ min: 0, max: 100 }).map(percent => percent / 100), // doubles would be nearly all zero
    seed: fc.nat(),
  }),
)

describe('stratifiedShares', () => {
  test('sums to the total, each share within 1, the largest remainders rounded up', () => {
    fc.assert(
      fc.property(someLabels, ({ labels, classes, share }) => {
        const sizes = countsOf(labels, classes)
        const total = Math.round(share * labels.length)
        const shares = stratifiedShares(sizes, total)
        expect(shares.reduce((sum, size) => sum + size, 0)).toBe(total)
        shares.forEach((size, nth) => {
          const exact = ((sizes[nth] ?? 0) * total) / labels.length
          expect(Math.abs(size - exact)).toBeLessThan(1)
          expect(size).toBeLessThanOrEqual(sizes[nth] ?? 0)
        })
        const rests = sizes.map(size => ((size * total) / labels.length) % 1)
        const up = rests.filter((_, nth) => (shares[nth] ?? 0) > ((sizes[nth] ?? 0) * total) / labels.length)
        const down = rests.filter(
          (_, nth) => (shares[nth] ?? 0) < ((sizes[nth] ?? 0) * total) / labels.length,
        )
        expect(Math.min(1, ...up)).toBeGreaterThanOrEqual(Math.max(0, ...down))
      }),
    )
  })
})

describe('stratifiedSplit', () => {
  test('puts every image on one side, stratified, in the original order', () => {
    fc.assert(
      fc.property(someLabels, ({ labels, classes, share, seed }) => {
        const count = Math.round(share * labels.length)
        const [first, rest] = stratifiedSplit(seed, 'some', classes)(labels, count)
        expect([...first, ...rest].sort((a, b) => a - b)).toEqual([...labels.keys()])
        expect([...first]).toEqual([...first].sort((a, b) => a - b))
        expect([...rest]).toEqual([...rest].sort((a, b) => a - b))
        expect(
          countsOf(
            first.map(index => labels[index] ?? 0),
            classes,
          ),
        ).toEqual(stratifiedShares(countsOf(labels, classes), count))
      }),
    )
  })

  test('depends on seed and key alone', () => {
    const labels = Int32Array.from({ length: 500 }, (_, nth) => nth % 10)
    const first = (seed: number, key: string) => stratifiedSplit(seed, key, 10)(labels, 100)[0]
    expect(first(1, 'a')).toEqual(first(1, 'a'))
    expect(first(2, 'a')).not.toEqual(first(1, 'a'))
    expect(first(1, 'b')).not.toEqual(first(1, 'a'))
  })

  test('a larger sample contains the smaller', () => {
    const labels = Int32Array.from({ length: 200 }, (_, nth) => nth % 10)
    const sets = [50, 60, 100, 200].map(count => new Set(stratifiedSplit(0, 'take', 10)(labels, count)[0]))
    sets.slice(1).forEach((larger, nth) => {
      for (const index of sets[nth] ?? []) expect(larger.has(index)).toBe(true)
    })
  })
})
