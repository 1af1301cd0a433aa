/** Criteria of weights, what a channel costs, and where a net decides. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test, vi } from 'vitest'
import { densenet } from '../../dsl/nets/cifar/densenet40.js'
import squeezenet from '../../dsl/nets/imagenet/squeezenet.js'
import { wireNet } from '../../src/net/channels/wiring.js'
import { countMacs, countParams } from '../../src/net/counts.js'
import { init, type Model } from '../../src/net/weights.js'
import { net, residual, stack } from '../../src/net/words/combinators.js'
import { convBnAct, dense, dropout, flatten, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { decisionOf } from '../../src/surgery/analysis/decision.js'
import { costsOf } from '../../src/surgery/prune/cost.js'
import { bnScale, type Criterion, l1, l2, perCost, random } from '../../src/surgery/prune/criteria.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { breakTies } from '../../src/surgery/prune/tie-break.js'
import { arbitraryModel, arbitraryNet, modelOf } from '../support/nets/arbitrary.js'
import { left, placed, right } from '../support/nets/surgery.js'

vi.setConfig({ testTimeout: 120_000 })

/** The values of one filter, the slow way. */
const filterOf = ({ weights }: Model, path: string, filter: number): readonly number[] => {
  const { shape = [], data = new Float32Array() } = weights[`${path}/kernel`] ?? {}
  return [...data].filter((_, i) => i % (shape.at(-1) ?? 1) === filter)
}

const utilities = (criterion: Criterion, model: Model) => right(criterion(model, undefined))

describe('criteria', () => {
  test('l1 and l2 are the norms of each filter', () => {
    fc.assert(
      fc.property(arbitraryModel(), model => {
        for (const [path, values] of Object.entries(utilities(l1, model)))
          Array.from(values).forEach((value, filter) => {
            expect(value).toBeCloseTo(
              filterOf(model, path, filter).reduce((sum, w) => sum + Math.abs(w), 0),
              5,
            )
          })
        for (const [path, values] of Object.entries(utilities(l2, model)))
          Array.from(values).forEach((value, filter) => {
            expect(value).toBeCloseTo(Math.hypot(...filterOf(model, path, filter)), 5)
          })
      }),
      { numRuns: 30 },
    )
  })

  test('bnScale is |γ| of units with batch norm, and of others the mean over the norms apart', () => {
    fc.assert(
      fc.property(arbitraryModel(), model => {
        const inferred = placed(model.net)
        const { out } = wireNet(inferred)
        const got = utilities(bnScale, model)
        for (const { path, layer } of inferred.layers.values()) {
          if (layer._tag !== 'conv' && layer._tag !== 'dense') continue
          const own = model.weights[`${path}/scale`]?.data.map(Math.abs)
          const apart = [...(out.get(path) ?? [])].map(each =>
            [...inferred.layers.values()].flatMap(other =>
              other.layer._tag === 'norm' || other.layer._tag === 'depthwise'
                ? [...(out.get(other.path) ?? [])].flatMap((wire, channel) =>
                    wire === each ? (model.weights[`${other.path}/scale`]?.data[channel] ?? []) : [],
                  )
                : [],
            ),
          )
          const means = apart.every(scales => scales.length > 0)
            ? apart.map(scales => scales.reduce((sum, each) => sum + Math.abs(each), 0) / scales.length)
            : undefined
          expect(got[path] && Array.from(got[path])).toEqual(own === undefined ? means : [...own])
        }
      }),
      { numRuns: 50 },
    )
  })

  test('bnScale speaks of every convolution of a net whose norms stand before them', () => {
    const model = right(init(0)(densenet(2, 4)))
    const convs = [...placed(model.net).layers.values()].filter(({ layer }) => layer._tag === 'conv')
    expect(Object.keys(utilities(bnScale, model)).sort()).toEqual(convs.map(({ path }) => path).sort())
    const weights = Object.fromEntries(
      Object.entries(model.weights).map(([key, { shape, data }]) => [
        key,
        {
          shape,
          data: key.startsWith('transition1') && key.endsWith('scale') ? data.map((_, i) => i) : data,
        },
      ]),
    )
    const [first = 0] = Array.from(utilities(bnScale, { ...model, weights })['block1/2/new/conv'] ?? [])
    expect(first).toBe(20) // its channels are the transition's from 20 on, and nobody else's
  })

  test('random repeats itself, and differs from seed to seed and from layer to layer', () => {
    const model = modelOf(1)(net('n', image(4, 4, 1), convBnAct(8), convBnAct(8), globalAvgPool, dense(2)))
    const once = utilities(random(0), model)
    expect(utilities(random(0), model)).toEqual(once)
    expect(utilities(random(1), model)).not.toEqual(once)
    expect(once.conv).not.toEqual(once.conv2)
  })

  test('a store of another net is refused', () => {
    const [model] = fc.sample(arbitraryModel(), 1)
    if (model !== undefined) expect(left(l1({ ...model, weights: {} }, undefined))._tag).toBe('WrongWeight')
  })

  test('perCost divides by a power of the cost, and passes refusals on', () => {
    const model = modelOf(1)(net('n', image(4, 4, 1), convBnAct(3), convBnAct(2), globalAvgPool, dense(2)))
    const costs = costsOf('params')(model)
    const [plain, divided] = [utilities(l1, model), utilities(perCost('params', 0.5)(l1), model)]
    expect(divided.conv2?.[1]).toBeCloseTo((plain.conv2?.[1] ?? 0) / Math.sqrt(costs.conv2?.[1] ?? 0), 9)
    const refusing: Criterion<unknown, 'no'> = () => E.left('no')
    expect(perCost('macs', 1)(refusing)(model, undefined)).toEqual(E.left('no'))
  })
})

describe('costs', () => {
  test('are what deleting one channel frees, in every layer of a random net', () => {
    fc.assert(
      fc.property(arbitraryModel(), model => {
        const inferred = placed(model.net)
        const costs = { params: costsOf('params')(model), macs: costsOf('macs')(model) }
        for (const { path, layer } of inferred.layers.values()) {
          if (layer._tag !== 'conv' && layer._tag !== 'dense') continue
          const pruned = prune({ channels: { [path]: [0] } })(model)
          if (E.isLeft(pruned)) continue
          const after = placed(pruned.right.model.net)
          if (after.layers.size < inferred.layers.size) continue // the last channel of a part takes the part along
          const many =
            new Set(pruned.right.removed.map(removed => removed.path)).size < pruned.right.removed.length
          if (many) continue
          expect(countParams(inferred) - countParams(after)).toBeCloseTo(costs.params[path]?.[0] ?? 0, 6)
          expect(countMacs(inferred) - countMacs(after)).toBeCloseTo(costs.macs[path]?.[0] ?? 0, 6)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('the decision', () => {
  test('is the last dense layer, on the output of the one before it', () => {
    fc.assert(
      fc.property(arbitraryNet({ dropout: true }), given => {
        const { head, features, size } = right(decisionOf(placed(given)))
        expect(head).toBe('head')
        expect(placed(given).layers.get(features)?.output).toEqual([size])
      }),
      { numRuns: 50 },
    )
    const nested = net(
      'n',
      image(4, 4, 1),
      residual('r', convBnAct(1)),
      stack('top', stack('pooled', globalAvgPool, dropout(0.5)), dense(2, { name: 'classes' })),
    )
    expect(right(decisionOf(placed(nested)))).toEqual({
      head: 'top/classes',
      features: 'top/pooled/dropout',
      size: 1,
    })
  })

  test('is a 1×1 convolution whose map is averaged, on the map before it', () => {
    const wide = { ...squeezenet, input: [64, 64, 3] }
    expect(right(decisionOf(placed(wide)))).toEqual({ head: 'classes', features: 'dropout', size: 512 })
    for (const options of [{ stride: 2 }, { padding: 1 }] as const)
      expect(
        left(
          decisionOf(placed(net('n', image(4, 4, 1), convBnAct(3), convBnAct(2, 1, options), globalAvgPool))),
        ),
      ).toEqual({ _tag: 'NoDecision', got: ['conv', 'globalAvgPool'] })
  })

  test('a net that ends otherwise has none', () => {
    for (const end of [globalAvgPool, flatten])
      expect(left(decisionOf(placed(net('n', image(4, 4, 1), convBnAct(2), end))))).toEqual({
        _tag: 'NoDecision',
        got: ['conv', end._tag],
      })
  })
})

describe('ties', () => {
  const values = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 12 })
  const pairs = values.chain(first =>
    fc.tuple(fc.constant(first), fc.array(fc.nat(20), { minLength: first.length, maxLength: first.length })),
  )

  test('go by the other criterion; what differs keeps its order and its value', () => {
    fc.assert(
      fc.property(pairs, ([first, second]) => {
        const after = Array.from(breakTies({ at: second })({ at: first }).at ?? [])
        for (const [i, a] of first.entries()) {
          if (first.filter(each => each === a).length === 1) expect(after[i]).toBe(a)
          for (const [j, b] of first.entries()) {
            const expected =
              a === b && i !== j ? Math.sign((second[i] ?? 0) - (second[j] ?? 0)) : Math.sign(a - b)
            expect(Math.sign((after[i] ?? 0) - (after[j] ?? 0))).toBe(expected)
          }
        }
      }),
    )
  })

  test('stay where the other criterion does not speak', () => {
    expect(breakTies({ b: [1, 2] })({ a: [1, 1] })).toEqual({ a: [1, 1] })
  })
})
