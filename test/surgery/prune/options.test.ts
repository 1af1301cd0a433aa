/** What options promise: targets are met, what is protected stays, widths are allowed ones, measures are exact. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test, vi } from 'vitest'
import { groups } from '../../../src/net/channels/groups.js'
import { wireNet } from '../../../src/net/channels/wiring.js'
import { countMacs, countParams, countStored } from '../../../src/net/counts.js'
import { layersOf } from '../../../src/net/layers.js'
import { isInside, type Path } from '../../../src/net/path.js'
import { stream } from '../../../src/net/random.js'
import type { Layer, Net } from '../../../src/net/tree.js'
import { allWeightSpecs } from '../../../src/net/weight-specs.js'
import type { Model } from '../../../src/net/weights.js'
import { net } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../../src/net/words/leaves.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { arbitraryModel, modelOf } from '../../support/nets/arbitrary.js'
import { cases, share } from '../../support/nets/arbitrary-pruning.js'
import { left, placed, right, utilitiesOf } from '../../support/nets/surgery.js'

vi.setConfig({ testTimeout: 120_000 })

const runs = { numRuns: 80 }

/** Some paths of a net. */
const pathsOf = (given: Net, seed: number, odds: number): readonly Path[] => {
  const draw = stream(seed, 'paths')
  return [...placed(given).layers.keys()].filter(path => path !== '' && draw() < odds)
}

test('a target is met, and would be missed with one candidate fewer', () => {
  fc.assert(
    fc.property(arbitraryModel(), fc.nat(), share, (model, seed, params) => {
      const pruned = prune({ by: utilitiesOf(model.net, seed), keep: { params }, minChannels: 1 })(model)
      if (E.isLeft(pruned)) return
      const expected = params * countParams(placed(model.net))
      expect(countParams(placed(pruned.right.model.net))).toBeLessThanOrEqual(expected)
      const { removed } = pruned.right
      const last = Math.max(...removed.map(({ rank }) => rank ?? -1))
      const fewer = removed.filter(({ rank }) => rank !== last)
      const channels = Object.fromEntries(
        fewer.map(({ path }) => [
          path,
          fewer.filter(other => other.path === path).map(({ channel }) => channel),
        ]),
      )
      if (removed.length > 0)
        expect(countParams(placed(right(prune({ channels })(model)).model.net))).toBeGreaterThan(expected)
    }),
    runs,
  )
})

test('nothing protected is touched, nothing ignored loses channels of its own', () => {
  /** A stack of nothing, which a concat without its other branches leaves out. */
  const isEmpty = (layer: Layer): boolean => layer._tag === 'stack' && layer.layers.every(isEmpty)
  fc.assert(
    fc.property(cases, ({ model, options, seed }) => {
      const protect = pathsOf(model.net, seed, 0.2)
      const ignore = pathsOf(model.net, seed + 1, 0.2)
      const pruned = prune({ ...options, freeze: protect, ...('channels' in options ? {} : { ignore }) })(
        model,
      )
      if (E.isLeft(pruned)) return
      const { net: narrower, weights } = pruned.right.model
      const [before, after] = [layersOf(model.net), layersOf(narrower)]
      for (const [path, layer] of before) {
        if (isEmpty(layer) || !protect.some(place => isInside(place, path))) continue
        expect(after.get(path)).toEqual(layer)
        for (const [key, tensor] of Object.entries(model.weights))
          if (isInside(path, key)) expect(weights[key]).toBe(tensor)
      }
      for (const { path } of pruned.right.removed)
        expect(ignore.some(place => isInside(place, path))).toBe(false)
    }),
    runs,
  )
})

test('minimum widths and multiples hold for every group', () => {
  fc.assert(
    fc.property(
      arbitraryModel(),
      fc.nat(),
      fc.constantFrom(1, 2, 3),
      fc.constantFrom(1, 2, 4),
      (model, seed, minimum, multiple) => {
        const by = utilitiesOf(model.net, seed)
        const pruned = right(prune({ by, eta: 1, minChannels: minimum, roundTo: multiple })(model))
        const { out } = wireNet(placed(model.net))
        const gone = new Set(pruned.removed.map(({ path, channel }) => out.get(path)?.[channel]))
        for (const { wires } of groups(placed(model.net))) {
          const width = [...wires].filter(each => !gone.has(each)).length
          expect(width).toBeGreaterThanOrEqual(Math.min(minimum, wires.length))
          expect(width === wires.length || width % multiple === 0).toBe(true)
        }
      },
    ),
    runs,
  )
})

describe('measures', () => {
  const given = net(
    'n',
    image(8, 8, 1),
    convBnAct(16, 3, { name: 'a' }),
    convBnAct(16, 3, { name: 'b' }),
    globalAvgPool,
    dense(2),
  )
  const model = modelOf(2)(given)
  const by = utilitiesOf(given, 5)

  test('macs and bytes are those of the built net', () => {
    const macs = right(prune({ by, keep: { macs: 0.2 } })(model)).model.net
    expect(countMacs(placed(macs))).toBeLessThanOrEqual(0.2 * countMacs(placed(given)))
    const every = { a: Array(16).fill(1), b: Array(16).fill(1) }
    const least = 64 * 9 + 64 * 9 + 2
    expect(left(prune({ by: every, atMost: { macs: 1 } })(model))).toMatchObject({ measure: 'macs', least })
    const bytes = right(prune({ by, atMost: { bytes: 4000 } })(model)).model.net
    expect(4 * countStored(placed(bytes))).toBeLessThanOrEqual(4000)
  })

  test('a measure that is no number is refused', () => {
    const keep = { latency: 0.5 }
    expect(left(prune({ by, keep, measure: () => Number.NaN })(model))).toMatchObject({
      _tag: 'WrongOption',
      got: Number.NaN,
    })
  })

  test('a latency that nothing measures is refused', () => {
    expect(left(prune({ by, keep: { latency: 0.5 } } as never)(model))).toEqual({
      _tag: 'WrongOption',
      option: 'measure',
      got: 'none',
      expected: 'a function that measures latency',
    })
  })

  test('latency is measured on whole models', () => {
    const seen: Model[] = []
    const measure = (each: Model): number => {
      seen.push(each)
      return countMacs(placed(each.net)) / 1000
    }
    const pruned = right(prune({ by, keep: { latency: 0.3 }, roundTo: 1, measure })(model))
    expect(countMacs(placed(pruned.model.net))).toBeLessThanOrEqual(0.3 * countMacs(placed(given)))
    expect(seen.length).toBeLessThan(12)
    for (const each of seen)
      expect(Object.keys(each.weights)).toEqual(allWeightSpecs(placed(each.net)).map(({ key }) => key))
  })
})
