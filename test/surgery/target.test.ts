/** The search for a target, where removing all candidates leaves more than removing fewer. */

import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import type { Model } from '../../src/net/weights.js'
import type { PrunedNet } from '../../src/surgery/prune/prune-net.js'
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
