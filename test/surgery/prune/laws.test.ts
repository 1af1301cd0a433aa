/** Laws of pruning over random nets and utilities: what is left computes what the masked net does. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { expect, test, vi } from 'vitest'
import { groups } from '../../../src/net/channels/groups.js'
import { countStored } from '../../../src/net/counts.js'
import { channelsOf, sizeOf } from '../../../src/net/shape.js'
import { allWeightSpecs } from '../../../src/net/weight-specs.js'
import type { Weights } from '../../../src/net/weights.js'
import { mask } from '../../../src/surgery/prune/mask.js'
import type { PruneOptions } from '../../../src/surgery/prune/options.js'
import { prune } from '../../../src/surgery/prune/prune.js'
import { carrySlots } from '../../../src/surgery/remap.js'
import { arbitraryModel } from '../../support/nets/arbitrary.js'
import { cases } from '../../support/nets/arbitrary-pruning.js'
import { deepFreeze, difference, forward, placed, right, utilitiesOf } from '../../support/nets/surgery.js'

vi.setConfig({ testTimeout: 120_000 })

const runs = { numRuns: 80 }

test('the pruned net computes what the masked net does; a refusal is a named one', () => {
  fc.assert(
    fc.property(cases, ({ model, options }) => {
      const pruned = prune(options)(model)
      if (E.isLeft(pruned)) {
        expect(['EmptyNet', 'OutOfReach']).toContain(pruned.left._tag)
        return
      }
      const masked = right(mask(pruned.right)(model))
      expect(difference(forward(pruned.right.model), forward(masked))).toBeLessThan(1e-5)
    }),
    { numRuns: 150 },
  )
})

test('stored values are those counted, and the output keeps its shape', () => {
  fc.assert(
    fc.property(cases, ({ model, options }) => {
      const pruned = prune(options)(model)
      if (E.isLeft(pruned)) return
      const { net: narrower, weights } = pruned.right.model
      const inferred = placed(narrower)
      expect(Object.values(weights).reduce((sum, { data }) => sum + data.length, 0)).toBe(
        countStored(inferred),
      )
      expect(Object.entries(weights).map(([key, { shape }]) => [key, shape])).toEqual(
        allWeightSpecs(inferred).map(({ key, shape }) => [key, shape]),
      )
      expect(Object.values(weights).every(({ shape, data }) => data.length === sizeOf(shape))).toBe(true)
      expect(inferred.layers.get('')?.output).toEqual(placed(model.net).layers.get('')?.output)
    }),
    runs,
  )
})

test('pruning nothing gives the same net and the same arrays', () => {
  fc.assert(
    fc.property(arbitraryModel(), fc.nat(), (model, seed) => {
      const by = utilitiesOf(model.net, seed)
      const nothings: readonly PruneOptions[] = [
        { by, eta: 0 },
        { by, keep: { params: 1 } },
        { channels: {} },
      ]
      for (const options of nothings) {
        const pruned = right(prune(options)(model))
        expect(pruned.removed).toEqual([])
        expect(pruned.model.net).toBe(model.net)
        for (const [key, tensor] of Object.entries(model.weights))
          expect(pruned.model.weights[key]).toBe(tensor)
      }
    }),
    runs,
  )
})

test('equal utilities above 0 leave the model as it is, whatever eta', () => {
  fc.assert(
    fc.property(arbitraryModel(), fc.double({ min: 0, max: 9, noNaN: true }), (model, eta) => {
      const by = Object.fromEntries(
        [...placed(model.net).layers.values()].map(({ path, output }) => [
          path,
          Array(channelsOf(output)).fill(3),
        ]),
      )
      expect(right(prune({ by, eta })(model)).model.net).toBe(model.net)
    }),
    { numRuns: 50 },
  )
})

test('the model given is not written to', () => {
  fc.assert(
    fc.property(cases, ({ model, options }) => {
      const copy = structuredClone(model)
      prune(deepFreeze(options))(deepFreeze(model))
      expect(model).toEqual(copy)
    }),
    { numRuns: 50 },
  )
})

test('channels tell the old number of each new one, and slots are cut alike', () => {
  fc.assert(
    fc.property(cases, ({ model, options }) => {
      const pruned = prune(options)(model)
      if (E.isLeft(pruned)) return
      const slots = Object.fromEntries(
        Object.entries(model.weights).map(([key, tensor]) => [`${key}/velocity`, tensor]),
      )
      const carried: Weights = carrySlots(pruned.right)(slots)
      expect(carried).toEqual(
        Object.fromEntries(
          Object.entries(pruned.right.model.weights).map(([key, tensor]) => [`${key}/velocity`, tensor]),
        ),
      )
      for (const { path, layer } of placed(pruned.right.model.net).layers.values()) {
        const bias =
          'bias' in layer && layer.bias ? 'bias' : 'norm' in layer && layer.norm !== null ? 'shift' : null
        if (bias === null) continue
        const [old, now] = [model.weights, pruned.right.model.weights].map(
          all => all[`${path}/${bias}`]?.data,
        )
        expect([...(pruned.right.channels[path] ?? [])].map(channel => old?.[channel])).toEqual([
          ...(now ?? []),
        ])
      }
    }),
    runs,
  )
})

test('removed channels say why', () => {
  fc.assert(
    fc.property(
      arbitraryModel(),
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (model, seed, eta) => {
        const by = utilitiesOf(model.net, seed)
        const pruned = prune({ by, eta })(model)
        if (E.isLeft(pruned)) return
        const names = new Set(groups(placed(model.net)).map(({ name }) => name))
        for (const { path, channel, utility, score, threshold, group, why } of pruned.right.removed) {
          expect(utility).toBe(by[path]?.[channel] ?? null)
          expect(threshold).toBe(eta)
          expect((score ?? Number.POSITIVE_INFINITY) < eta).toBe(why === 'utility')
          expect(names).toContain(group)
        }
      },
    ),
    runs,
  )
})
