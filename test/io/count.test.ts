/** Sums, counts and groups, held against each other. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { addTo, countEach, groupBy, sum, sumBy } from '../../src/io/count.js'

const values = fc.array(fc.integer({ min: -3, max: 3 }))

test('groups have every value once, in order, and are as large as the counts of their keys', () => {
  fc.assert(
    fc.property(values, all => {
      const groups = groupBy(all, Math.abs)
      const counts = countEach(all.map(Math.abs))
      expect([...groups.keys()]).toEqual([...counts.keys()])
      for (const [key, group] of groups) {
        expect(group).toEqual(all.filter(each => Math.abs(each) === key))
        expect(group.length).toBe(counts.get(key))
      }
    }),
  )
})

test('a sum of ones is a count, and a sum is that of its parts', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      expect(sumBy(a, () => 1)).toBe(a.length)
      expect(sum([...a, ...b])).toBe(sum([sum(a), sum(b)]))
    }),
  )
})

test('what is added to a key is added to that alone, from zero on', () => {
  const sums = new Map([['a', 2]])
  expect([addTo(sums, 'a'), addTo(sums, 'b', 5), addTo(sums, 'b', -1)]).toEqual([3, 5, 4])
  expect(sums).toEqual(new Map([['a', 3], ['b', 4]])) // biome-ignore format: one line
})
