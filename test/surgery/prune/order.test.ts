/** Prunings one after another, and again: the order of disjoint ones does not matter. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test, vi } from 'vitest'
import { groups } from '../../../src/net/channels/groups.js'
import { wireNet } from '../../../src/net/channels/wiring.js'
import { layersOf } from '../../../src/net/layers.js'
import type { Path } from '../../../src/net/path.js'
import { stream } from '../../../src/net/random.js'
import type { Net } from '../../../src/net/tree.js'
import type { Model } from '../../../src/net/weights.js'
import { byRemoved, prune } from '../../../src/surgery/prune/prune.js'
import { arbitraryModel } from '../../support/nets/arbitrary.js'
import { cases } from '../../support/nets/arbitrary-pruning.js'
import { placed, right } from '../../support/nets/surgery.js'

vi.setConfig({ testTimeout: 120_000 })

/** Two sets of free channels, apart and by wire. */
const twoSets = (given: Net, seed: number): readonly [ByPath, ByPath] => {
  const draw = stream(seed, 'sets')
  const inferred = placed(given)
  const wiring = wireNet(inferred)
  const sides = new Map<number, number>()
  for (const { wires, fixed } of groups(inferred, wiring)) {
    const odds = draw() < 0.2 ? 0.5 : 0.25
    if (fixed === null) for (const each of wires) sides.set(each, Math.floor(draw() / odds))
  }
  const side = (nth: number): ByPath =>
    Object.fromEntries(
      [...inferred.layers.values()].flatMap(({ path, layer }) => {
        if (layer._tag !== 'conv' && layer._tag !== 'dense') return []
        const wires = wiring.out.get(path) ?? new Int32Array()
        return [[path, [...wires.keys()].filter(channel => sides.get(wires[channel] ?? -1) === nth)]]
      }),
    )
  return [side(0), side(1)]
}

type ByPath = Readonly<Record<Path, readonly number[]>>

/** The same channels under their numbers after a pruning; those already gone left out. */
const renumbered = (channels: ByPath, survivors: Readonly<Record<Path, Int32Array>>): ByPath =>
  Object.fromEntries(
    Object.entries(channels).flatMap(([path, places]) => {
      const now = survivors[path]
      return now === undefined ? [] : [[path, places.map(place => now.indexOf(place)).filter(i => i >= 0)]]
    }),
  )

/** Groups tie channels together for as long as they are there: a body that is removed first frees those it tied. */
const hasTies = (given: Net): boolean =>
  [...layersOf(given).values()].some(
    layer => layer._tag === 'channelShuffle' || (layer._tag === 'conv' && layer.groups > 1),
  )

test('disjoint prunings commute where both orders are granted', () => {
  const seen = { both: 0 }
  fc.assert(
    fc.property(arbitraryModel(), fc.nat(), (model, seed) => {
      const [a, b] = twoSets(model.net, seed)
      const inTurn = (first: ByPath, second: ByPath): Model | null => {
        const once = prune({ channels: first })(model)
        if (E.isLeft(once)) return null
        const twice = prune({ channels: renumbered(second, once.right.channels) })(once.right.model)
        return E.isLeft(twice) ? null : twice.right.model
      }
      const [ab, ba] = [inTurn(a, b), inTurn(b, a)]
      if (ab === null || ba === null) return
      seen.both++
      expect(ba).toEqual(ab)
      const channels = Object.fromEntries(
        Object.keys(a).map(path => [path, [...(a[path] ?? []), ...(b[path] ?? [])]]),
      )
      const together = prune({ channels })(model)
      if (E.isLeft(together)) expect([together.left._tag, hasTies(model.net)]).toEqual(['EmptyNet', true])
      else expect(together.right.model).toEqual(ab)
    }),
    { numRuns: 150 },
  )
  expect(seen.both).toBeGreaterThan(20)
})

test('a pruning can be repeated by the removed channels', () => {
  fc.assert(
    fc.property(cases, ({ model, options }) => {
      const pruned = prune(options)(model)
      if (E.isLeft(pruned)) return
      const twice = right(prune(byRemoved(pruned.right))(model))
      expect(twice.model).toEqual(pruned.right.model)
      expect([...twice.bypassed].sort()).toEqual([...pruned.right.bypassed].sort())
    }),
    { numRuns: 80 },
  )
})
