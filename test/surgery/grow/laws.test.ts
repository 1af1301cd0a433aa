/** Laws of growing over random nets, places and modules: it is exact where it says so. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test, vi } from 'vitest'
import { countMacs, countParams } from '../../../src/net/counts.js'
import { editLayers, layersOf } from '../../../src/net/layers.js'
import { isInside } from '../../../src/net/path.js'
import { channelsOf } from '../../../src/net/shape.js'
import type { Layer, Stack } from '../../../src/net/tree.js'
import { allWeightSpecs } from '../../../src/net/weight-specs.js'
import type { Weights } from '../../../src/net/weights.js'
import { concat, identity, net, stack } from '../../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image, layerNorm } from '../../../src/net/words/leaves.js'
import { grow } from '../../../src/surgery/grow/grow.js'
import type { Growth } from '../../../src/surgery/grow/options.js'
import { carrySlots } from '../../../src/surgery/remap.js'
import { modelOf } from '../../support/nets/arbitrary.js'
import { cases } from '../../support/nets/arbitrary-growth.js'
import { deepFreeze, difference, forward, placed, right } from '../../support/nets/surgery.js'

vi.setConfig({ testTimeout: 120_000 })

const refusals = [
  'SumDiffers',
  'BranchesDiffer',
  'OutputDiffers',
  'WrongRank',
  'WrongPlace',
  'DecodeError',
  'WindowTooLarge',
  'TwoOfOneName',
  'Tied',
  'NothingToWiden',
  'Renumbered',
  'UnequalGroups',
  'SliceOutside',
  'GateDiffers',
]

/** The growth with half the filters in its new layers. */
const halve = (growth: Growth): Growth => {
  const narrow = (layer: Layer): Layer => {
    const body: Stack = { _tag: 'stack', name: '', layers: [layer] }
    const half = editLayers(each =>
      each._tag === 'conv' && each.groups === 1 ? { ...each, filters: Math.ceil(each.filters / 2) } : each,
    )({ _tag: 'net', name: '', input: [1, 1, 1], body })
    return half.body.layers[0] ?? layer
  }
  return 'module' in growth ? { ...growth, module: narrow(growth.module) } : growth
}

/** Its last layer may only be as wide as its classes are many: a narrower one fits once it is made wider. */
const narrowEnd = {
  model: modelOf(1)(net('given', image(4, 4, 2), convBnAct(3), globalAvgPool, dense(3, { name: 'head' }))),
  growth: { after: 'head', module: dense(1, { name: 'new' }) },
  seed: 1,
}

/** The layer norm behind the new module normalises its other channels too. */
const normalised = {
  model: modelOf(1)(
    net('given', image(4, 4, 2), stack('s', layerNorm(), convBnAct(3)), globalAvgPool, dense(3)),
  ),
  growth: { inside: 's', at: 0, module: concat('new', identity, convBnAct(2)) },
  seed: 1,
}

test('where growth is exact, the model computes what it did', () => {
  const seen = { exact: 0, not: 0, refused: 0 }
  fc.assert(
    fc.property(cases, ({ model, growth, seed }) => {
      const grown = grow({ ...growth, seed })(model)
      if (E.isLeft(grown)) {
        expect(refusals).toContain(grown.left._tag)
        seen.refused++
        return
      }
      const after = forward(grown.right.model)
      if (grown.right.inexact === null) {
        seen.exact++
        expect(difference(after, forward(model))).toBeLessThan(1e-5)
      } else {
        seen.not++
        expect(after.every(Number.isFinite)).toBe(true)
      }
    }),
    { numRuns: 120 },
  )
  expect(seen.exact).toBeGreaterThan(40)
})

test('where growth must be exact, a module too narrow gets a way wide enough, and the model computes what it did', () => {
  const seen = { asked: 0, wider: 0, refused: 0 }
  fc.assert(
    fc.property(cases, ({ model, growth, seed }) => {
      const grown = grow({ ...halve(growth), seed, exact: true })(model)
      if (E.isLeft(grown)) {
        expect([...refusals, 'NotExact']).toContain(grown.left._tag)
        seen.refused++
        return
      }
      const { inexact, exactCost, model: after } = grown.right
      expect(inexact).toBe(null)
      expect(difference(forward(after), forward(model))).toBeLessThan(1e-5)
      if (exactCost === null) seen.asked++
      else {
        seen.wider++
        const narrow = grow({ ...halve(growth), seed })(model)
        if (E.isLeft(narrow)) {
          expect(narrow.left._tag).toBe('OutputDiffers')
          return
        }
        const asked = narrow.right.model
        expect(countParams(after) - countParams(asked)).toBe(exactCost.params)
        expect(countMacs(after) - countMacs(asked)).toBe(exactCost.macs)
        for (const { at, from, to } of exactCost.widened) {
          expect(channelsOf(asked.layers.get(at)?.output ?? [])).toBe(from)
          expect(channelsOf(after.layers.get(at)?.output ?? [])).toBe(to)
        }
      }
    }),
    { numRuns: 120, examples: [[narrowEnd]] },
  )
  expect(seen.asked).toBeGreaterThan(10)
  expect(seen.wider).toBeGreaterThan(0)
})

test('what is stored is what the grown net needs; it only grows', () => {
  fc.assert(
    fc.property(cases, ({ model, growth, seed }) => {
      const grown = grow({ ...growth, seed })(model)
      if (E.isLeft(grown)) return
      const inferred = placed(grown.right.model.net)
      expect(Object.entries(grown.right.model.weights).map(([key, { shape }]) => [key, shape])).toEqual(
        allWeightSpecs(inferred).map(({ key, shape }) => [key, shape]),
      )
      expect(inferred.layers.get('')?.output).toEqual(placed(model.net).layers.get('')?.output)
      const old = Object.keys(model.weights)
      const kept = new Set([...grown.right.remap.values()].map(({ from }) => from))
      expect(old.filter(key => !kept.has(key))).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('old paths stay, old values stay, the model given is not written to', () => {
  fc.assert(
    fc.property(cases, ({ model, growth, seed }) => {
      const copy = structuredClone(model)
      const grown = grow(deepFreeze({ ...growth, seed }))(deepFreeze(model))
      expect(model).toEqual(copy)
      if (E.isLeft(grown)) return
      const after = layersOf(grown.right.model.net)
      const { moved } = grown.right
      for (const [path, layer] of layersOf(model.net)) {
        const now =
          moved !== null && isInside(moved.from, path) ? `${moved.to}${path.slice(moved.from.length)}` : path
        expect(after.get(now)?._tag).toBe(layer._tag)
      }
      for (const [key, { from, axes }] of grown.right.remap)
        if (from !== null && axes.every(places => places === null))
          expect(grown.right.model.weights[key]).toBe(model.weights[from])
    }),
    { numRuns: 60 },
  )
})

test('slots are carried: old values where their weights went, zeros for what is new', () => {
  fc.assert(
    fc.property(cases, ({ model, growth, seed }) => {
      const grown = grow({ ...growth, seed })(model)
      if (E.isLeft(grown)) return
      const trained = allWeightSpecs(placed(model.net)).filter(slot => slot.trained)
      const slots = Object.fromEntries(
        trained.map(({ key, shape }) => {
          const { data = new Float32Array() } = model.weights[key] ?? {}
          return [`${key}/velocity`, { shape, data: data.map(() => 1) }]
        }),
      )
      const carried = carrySlots(grown.right)(slots)
      const expected = allWeightSpecs(placed(grown.right.model.net)).filter(slot => slot.trained)
      expect(new Set(Object.keys(carried))).toEqual(
        new Set(trained.length === 0 ? [] : expected.map(({ key }) => `${key}/velocity`)),
      )
      for (const { key, shape } of expected) expect(carried[`${key}/velocity`]?.shape ?? shape).toEqual(shape)
      const ones = (all: Weights) =>
        Object.values(all).reduce((sum, { data }) => sum + data.reduce((a, b) => a + b, 0), 0)
      if (grown.right.inexact === null) expect(ones(carried)).toBe(ones(slots))
    }),
    { numRuns: 60 },
  )
})

test('noisy is another function, and scratch is the grown net initialised again', () => {
  fc.assert(
    fc.property(cases, ({ model, growth, seed }) => {
      const preserving = grow({ ...growth, seed })(model)
      const spark = grow({ ...growth, seed, init: 'noisy' })(model)
      const fresh = grow({ ...growth, seed, init: 'scratch' })(model)
      if (E.isLeft(spark) || E.isLeft(fresh)) return
      expect(spark.right.inexact).toEqual(right(preserving).inexact ?? { _tag: 'Noisy' })
      expect(fresh.right.inexact).toEqual({ _tag: 'Scratch' })
      expect([...fresh.right.remap.values()].every(({ from }) => from === null)).toBe(true)
      expect(forward(fresh.right.model).every(Number.isFinite)).toBe(true)
    }),
    { numRuns: 60, examples: [[normalised]] },
  )
})
