/** The search for a target, where removing all candidates leaves more than removing fewer. */

import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import type { Model } from '../../src/net/weights.js'
import type { PrunedNet } from '../../src/surgery/prune/prune-net.js'
import { searchCrossing } from '../../src/surgery/prune/search-crossing.js'
import { searchTarget } from '../../src/surgery/prune/search-target.js'

/** Nets that take `taken[count]` ms: the search looks at nothing else of them. */
const search = (taken: readonly number[], latency: number) =>
  searchTarget({ atMost: { latency }, measure: ({ net }: Model) => Number(net.name) }, [])(
    taken.length - 1,
    count => ({ model: () => ({ net: { name: `${taken[count]}` } }) }) as PrunedNet, // it reads no more
  )

test('a target is met short of the last candidates, and one fewer misses it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 40 }), fc.nat(), (most, nth) => {
      const expected = 1 + (nth % (most - 1)) // met from this count on, but by all
      const taken = Array.from({ length: most + 1 }, (_, count) =>
        count < expected || count === most ? 2 : 1,
      )
      expect(search(taken, 1)).toEqual(E.right(expected))
    }),
  )
})

test('one that no count meets is refused with the least there was', () => {
  expect(search([5, 4, 3, 4], 1)).toMatchObject(E.left({ _tag: 'OutOfReach', expected: 1, least: 3 }))
})

/** Readings that fall by so much at each count, a jump among them. */
const falling = fc
  .array(fc.oneof(fc.nat(10), fc.constant(0), fc.nat(5000)), { minLength: 1, maxLength: 300 })
  .map(drops => {
    let left = 0
    return [0, ...drops.map(drop => (left -= drop))]
  })

/** The count found, and how many readings that took. */
const cross = (readings: readonly number[], limit: number) => {
  let taken = 0
  const found = searchCrossing(
    { count: readings.length - 1, reading: readings.at(-1) ?? 0 },
    limit,
    count => {
      taken++
      return E.right(readings[count] ?? Number.NaN)
    },
  )
  return { found, taken }
}

test('the first count within a limit is found, in about as many readings as a bisection takes', () => {
  fc.assert(
    fc.property(falling, fc.double({ min: 0, max: 1, noNaN: true }), (readings, share) => {
      const limit = (readings.at(-1) ?? 0) * share
      const { found, taken } = cross(readings, limit)
      expect(found).toEqual(E.right(readings.findIndex(each => each <= limit)))
      expect(taken).toBeLessThanOrEqual(Math.ceil(Math.log2(readings.length)) + 3)
    }),
  )
})

test('where readings fall smoothly a few suffice', () => {
  const smooth = Array.from({ length: 10_001 }, (_, count) => (1 - count / 10_000) ** 2)
  for (const limit of [0.9, 0.5, 0.25, 0.04]) expect(cross(smooth, limit).taken).toBeLessThanOrEqual(9)
})
