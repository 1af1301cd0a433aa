/** Growing: exact over random nets, places and modules; new parts that learn; each place and refusal by example. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test, vi } from 'vitest'
import { differentiate } from '../../src/graph/differentiate.js'
import { lower } from '../../src/graph/lower.js'
import * as op from '../../src/graph/operations.js'
import { countMacs, countParams } from '../../src/net/counts.js'
import { editLayers, layersOf } from '../../src/net/layers.js'
import { isInside, type Path } from '../../src/net/path.js'
import { channelsOf } from '../../src/net/shape.js'
import type { Layer, Net, Stack } from '../../src/net/tree.js'
import { allWeightSpecs } from '../../src/net/weight-specs.js'
import type { Model, Weights } from '../../src/net/weights.js'
import { relu } from '../../src/net/words/activations.js'
import { concat, identity, inception, net, residual, stack } from '../../src/net/words/combinators.js'
import {
  conv,
  convBnAct,
  dense,
  depthwise,
  dropout,
  dropPath,
  flatten,
  globalAvgPool,
  image,
  layerNorm,
  layerScale,
  maxPool,
} from '../../src/net/words/leaves.js'
import { type Grown, grow } from '../../src/surgery/grow/grow.js'
import type { GrowOptions, Growth } from '../../src/surgery/grow/options.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { carrySlots } from '../../src/surgery/remap.js'
import { fedWith, modelOf } from '../support/nets/arbitrary.js'
import { cases } from '../support/nets/arbitrary-growth.js'
import { evaluate } from '../support/nets/reference.js'
import { deepFreeze, difference, forward, left, numbersOf, placed, right } from '../support/nets/surgery.js'

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

describe('laws', () => {
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
    expect(seen.wider).toBeGreaterThan(10)
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
            moved !== null && isInside(moved.from, path)
              ? `${moved.to}${path.slice(moved.from.length)}`
              : path
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
        for (const { key, shape } of expected)
          expect(carried[`${key}/velocity`]?.shape ?? shape).toEqual(shape)
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
})

/** The loss of a random batch, and each trained weight's slope. */
const slopes = (model: Model, seed: number): { readonly [key: string]: Float64Array } => {
  const { images, logits, weights } = lower({ batch: 6, mode: 'training' })(model)
  const classes = channelsOf(logits.shape)
  const targets = op.input('targets', [6, classes])
  const trained = allWeightSpecs(placed(model.net)).filter(slot => slot.trained)
  const sources = trained.map(({ key }) => weights.get(key) ?? op.zeros([]))
  const back = differentiate()(op.mean(op.crossEntropy(logits, targets)), sources)
  const outputs = Object.fromEntries(trained.map(({ key }, i) => [key, back[i] ?? op.zeros([])]))
  const feeds = {
    images: fedWith(seed, 'images', images.shape),
    targets: Float32Array.from({ length: 6 * classes }, (_, i) =>
      i % classes === Math.floor(i / classes) % classes ? 1 : 0,
    ),
  }
  return evaluate({ outputs, updates: [] }, feeds, numbersOf(model)).outputs
}

const stepped = (model: Model, seed: number, rate = 0.05): Model => {
  const back = slopes(model, seed)
  const weights = Object.entries(model.weights).map(([key, { shape, data }]) => [
    key,
    { shape, data: data.map((value, i) => value - rate * (back[key]?.[i] ?? 0)) },
  ])
  return { ...model, weights: Object.fromEntries(weights) }
}

const moves = (values: ArrayLike<number> | undefined): boolean =>
  Array.from(values ?? []).some(value => Math.abs(value) > 1e-9)

const seedling = net(
  'seedling',
  image(8, 8, 2),
  stack('stem', convBnAct(4, 3), maxPool(2)),
  inception('a', { point: 3, three: [2, 3] }),
  residual('r', stack('', convBnAct(3), convBnAct(6, 3, { activation: null })), { activation: 'relu' }),
  globalAvgPool,
  dense(3),
)

/** The seedling without its sum, which would fix the width of `a`. */
const withoutSum = modelOf(4)({
  ...seedling,
  body: {
    ...seedling.body,
    layers: seedling.body.layers.map(layer => (layer.name === 'r' ? { ...convBnAct(5), name: 'r' } : layer)),
  },
})

const model = modelOf(4)(seedling)
const growing = (options: Growth, given: Model = model): Grown => right(grow({ ...options, seed: 1 })(given))

/** By old kernel, whether the rows that read new channels, or the columns that make them, have a slope. */
const newParts = (
  grown: Grown,
  back: { readonly [key: string]: Float64Array },
  part: 'rows' | 'columns',
): readonly (readonly [string, boolean])[] =>
  [...grown.remap].flatMap(([key, { axes, shape }]) => {
    const places = shape.length > 1 ? axes.at(part === 'rows' ? -2 : -1) : null
    if (places == null || !key.endsWith('kernel')) return []
    const stride = part === 'rows' ? channelsOf(shape) : 1
    const fresh = Array.from(back[key] ?? []).filter(
      (_, i) => (places[Math.floor(i / stride) % places.length] ?? 0) < 0,
    )
    return fresh.length === 0 ? [] : [[key, moves(fresh)] as const]
  })

describe('new parts learn', () => {
  test.each<[string, Growth]>([
    [
      'a module behind one',
      { after: 'a', module: inception('b', { point: 6, three: [2, 4], five: [2, 3], pool: 2 }) },
    ],
    ['a module in a stack', { inside: 'stem', module: inception('b', { point: 4, three: [2, 4] }) }],
    ['a branch', { to: 'a', branch: stack('five', convBnAct(2, 1), convBnAct(3), convBnAct(3)) }],
    ['a wider branch', { widen: 'a/three', by: 2 }],
    ['a wider module', { widen: 'a', by: 1.5 }],
    ['a deeper branch', { deepen: 'a/three', module: convBnAct(5) }],
  ])('%s: what reads it from the first step, itself from the second', (_, growth) => {
    const given = 'inside' in growth ? model : withoutSum
    const grown = growing(growth, given)
    expect(grown.inexact).toBeNull()
    const first = slopes(grown.model, 1)
    const rows = newParts(grown, first, 'rows')
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.filter(([, moved]) => !moved)).toEqual([])
    const second = slopes(stepped(grown.model, 1), 2)
    const fresh = [...grown.remap].filter(
      ([key, { from, trained }]) => from === null && trained && !key.endsWith('bias'),
    )
    const columns = newParts(grown, second, 'columns')
    expect(fresh.length + columns.length).toBeGreaterThan(0)
    expect(fresh.filter(([key]) => !moves(second[key]))).toEqual([])
    expect(columns.filter(([, moved]) => !moved)).toEqual([])
  })

  test('a residual whose body is silent: its last scale from the first step, the body from the second', () => {
    const grown = growing({
      after: 'r',
      module: residual('s', stack('', convBnAct(3), convBnAct(6, 3, { activation: null })), {
        activation: 'relu',
      }),
    })
    expect(grown.inexact).toBeNull()
    const first = slopes(grown.model, 1)
    expect(moves(first['s/body/conv2/scale'])).toBe(true)
    const second = slopes(stepped(grown.model, 1), 2)
    for (const key of ['s/body/conv/kernel', 's/body/conv/scale', 's/body/conv2/kernel'])
      expect(moves(second[key])).toBe(true)
  })
})

const tree = (given: Net): readonly Path[] => [...layersOf(given).keys()].filter(path => path !== '')

describe('places', () => {
  test('after and before: beside the layer, in its stack', () => {
    expect(tree(growing({ after: 'stem/conv', module: convBnAct(4) }).model.net).slice(0, 4)).toEqual([
      'stem',
      'stem/conv',
      'stem/conv2',
      'stem/maxPool',
    ])
    expect(
      tree(
        growing({ before: 'stem/conv', module: convBnAct(2, 3, { activation: null, name: 'first' }) }).model
          .net,
      ).slice(0, 3),
    ).toEqual(['stem', 'stem/first', 'stem/conv'])
  })

  test('inside: at its place, by default at the end', () => {
    expect(growing({ inside: 'stem', at: 1, module: convBnAct(4, 3, { name: 'new' }) }).grown).toEqual([
      'stem/new',
    ])
    expect(
      tree(growing({ inside: 'stem', at: 1, module: convBnAct(4, 3, { name: 'new' }) }).model.net)[2],
    ).toBe('stem/new')
    expect(tree(growing({ inside: 'stem', module: convBnAct(4, 3, { name: 'new' }) }).model.net)[3]).toBe(
      'stem/new',
    )
  })

  test('deepen: at the end of the branch; a single unit becomes a stack of two', () => {
    const stacked = growing({ deepen: 'a/three', module: convBnAct(3) })
    expect([stacked.grown, stacked.moved]).toEqual([['a/three/conv2'], null])
    const bare = growing({ deepen: 'a/point', module: convBnAct(3) })
    expect([bare.grown, bare.moved]).toEqual([['a/point/conv2'], { from: 'a/point', to: 'a/point/conv' }])
    expect(bare.model.weights['a/point/conv/kernel']).toBe(model.weights['a/point/kernel'])
    expect(difference(forward(bare.model), forward(model))).toBeLessThan(1e-5)
  })

  test('dropout that lies deeper draws from the stream of its new path, any other from the one it had', () => {
    const model = modelOf(1)(
      net(
        'drops',
        image(4, 4, 2),
        concat('module', dropout(0.2), convBnAct(2)),
        dropout(0.1),
        globalAvgPool,
        dense(2),
      ),
    )
    const streams = (given: Model) =>
      lower({ batch: 1, mode: 'training' })(given).noise.map(({ op: of }) =>
        of.kind === 'input' ? of.name : '',
      )
    const { model: deeper, moved } = right(
      grow({ deepen: 'module/dropout', module: convBnAct(2, 1, { name: 'new' }), seed: 0 })(model),
    )
    expect(streams(model)).toEqual(['noise/module/dropout', 'noise/dropout'])
    expect(moved).toEqual({ from: 'module/dropout', to: 'module/dropout/dropout' })
    expect(streams(deeper)).toEqual(['noise/module/dropout/dropout', 'noise/dropout'])
  })

  test('a wider unit takes along what a sum ties to it', () => {
    const given = net(
      'n',
      image(6, 6, 1),
      convBnAct(4, 3, { name: 'stem' }),
      residual('r', stack('', convBnAct(2), convBnAct(4))),
      residual('s', stack('', convBnAct(2), convBnAct(4))),
      flatten,
      dense(2),
    )
    const grown = growing({ widen: 'stem', by: 1.5 }, modelOf(3)(given))
    expect(grown.grown).toEqual(['stem', 'r/body/conv2', 's/body/conv2'])
    expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-5)
    expect(grown.model.weights['dense/kernel']?.shape).toEqual([6 * 6 * 6, 2])
  })

  test('a unit that would bend what passes loses its activation, and is named', () => {
    const given = net(
      'n',
      image(6, 6, 1),
      convBnAct(4, 3, { name: 'stem', activation: 'tanh' }),
      globalAvgPool,
      dense(2),
    )
    const grown = growing({ after: 'stem', module: convBnAct(4, 1, { name: 'new' }) }, modelOf(3)(given))
    expect([grown.linear, grown.inexact]).toEqual([['new'], null])
    expect(growing({ after: 'a', module: convBnAct(6, 1, { name: 'new' }) }).linear).toEqual([])
  })

  test('what a new branch hands on is new, though it was there before', () => {
    const given = net('n', image(4, 4, 2), concat('c', identity, convBnAct(2)), flatten, dense(2))
    for (const branch of [{ ...identity, name: 'again' }, maxPool(3, { stride: 1, name: 'again' })]) {
      const grown = growing({ to: 'c', branch }, modelOf(3)(given))
      expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-5)
    }
    const module = concat('new', maxPool(3, { stride: 1 }), convBnAct(4))
    const grown = growing({ after: 'c', module }, modelOf(3)(given))
    expect(grown.inexact).toBeNull()
    expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-5)
  })

  test('a sum is as low as both its sides', () => {
    const given = net('n', image(6, 6, 2), residual('r', convBnAct(2)), globalAvgPool, dense(2))
    const grown = growing({ after: 'r', module: convBnAct(2, 1, { name: 'new' }) }, modelOf(3)(given))
    expect([grown.linear, grown.inexact]).toEqual([['new'], null])
    expect(difference(forward(grown.model), forward(modelOf(3)(given)))).toBeLessThan(1e-5)
  })

  test('channels that a layer norm reads are not widened, and new ones beside them are told of', () => {
    const given = net('n', image(6, 6, 2), concat('c', convBnAct(3)), layerNorm(), flatten, dense(2))
    const before = modelOf(3)(given)
    expect(left(grow({ widen: 'c/conv', by: 2, seed: 1 })(before))).toEqual({
      _tag: 'NothingToWiden',
      at: 'c/conv',
    })
    const grown = growing({ to: 'c', branch: convBnAct(2, 3, { name: 'new' }) }, before)
    expect(grown.inexact).toEqual({ _tag: 'Normalised', at: 'layerNorm' })
  })

  test("a ConvNeXt block's body is silent by its layer scale, which then learns", () => {
    const body = stack('', depthwise(7), layerNorm(), conv(16, 1, { activation: 'gelu' }), conv(6, 1))
    const module = residual('new', stack('', body, layerScale(1e-6), dropPath(0.1)))
    const grown = growing({ after: 'r', module })
    expect(grown.inexact).toBeNull()
    expect([...(grown.model.weights['new/body/scale/scale']?.data ?? [])]).toEqual(Array(6).fill(0))
    expect(difference(forward(grown.model), forward(model))).toBeLessThan(1e-5)
  })

  test('a module too narrow to pass all says so', () => {
    const grown = growing({ after: 'stem', module: inception('new', { point: 3, three: [2, 3] }) })
    expect(grown.inexact).toEqual({ _tag: 'NoPassthrough', at: 'new', channels: 4 })
  })

  test('a residual whose body ends behind a ReLU would never learn if it were silent: it passes nothing on', () => {
    const bodies = [
      convBnAct(6),
      stack('', convBnAct(6, 3, { activation: null }), relu),
      stack('', convBnAct(6), maxPool(3, { stride: 1 })),
    ]
    for (const body of bodies)
      expect(growing({ after: 'r', module: residual('new', body) }).inexact).toMatchObject({
        _tag: 'NoPassthrough',
      })
    const wakeful = stack(
      '',
      convBnAct(6, 3, { activation: 'swish' }),
      dropout(0.1),
      maxPool(3, { stride: 1 }),
    )
    expect(growing({ after: 'r', module: residual('new', wakeful) }).inexact).toBeNull()
  })

  test('measured statistics let a batch norm pass in training as in inference', () => {
    const statistics = { mean: [0.1, 0.2, 0.3, 0.4], variance: [1, 2, 3, 4] }
    const grown = right(
      grow({ after: 'stem', module: convBnAct(5, 3, { name: 'new' }), seed: 1, statistics })(model),
    )
    expect([...(grown.model.weights['new/mean']?.data ?? [])]).toEqual([
      ...Float32Array.of(0.1, 0.2, 0.3, 0.4, 0),
    ])
    expect([...(grown.model.weights['new/shift']?.data ?? [])]).toEqual([
      ...Float32Array.of(0.1, 0.2, 0.3, 0.4, 0),
    ])
    expect([...(grown.model.weights['new/scale']?.data ?? [])]).toEqual([
      ...Float32Array.from([1, 2, 3, 4].map(v => Math.sqrt(v + 1e-5))),
      1,
    ])
    expect(difference(forward(grown.model), forward(model))).toBeLessThan(1e-5)
  })

  test('sparks are small beside the old weights', () => {
    const grown = right(
      grow({ to: 'a', branch: convBnAct(40, 3, { name: 'new' }), seed: 1, init: 'noisy', noise: 0.5 })(
        withoutSum,
      ),
    )
    const [old, now] = [withoutSum.weights['r/kernel'], grown.model.weights['r/kernel']]
    const spread = (values: readonly number[]) =>
      Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)
    const rows = [...(now?.data ?? [])].filter((_, i) => Math.floor(i / 5) % 46 >= 6)
    expect(spread(rows) / spread([...(old?.data ?? [])])).toBeCloseTo(0.5, 1)
  })

  test('the same seed grows the same model; another, another', () => {
    const growth = { after: 'a', module: inception('b', { point: 8 }) }
    const at = (seed: number): Model => right(grow({ ...growth, seed })(withoutSum)).model
    expect(at(5)).toEqual(at(5))
    expect(at(6)).not.toEqual(at(5))
  })

  test('grow, then prune what was grown: the model before', () => {
    const grown = growing({ to: 'a', branch: convBnAct(2, 3, { name: 'new' }) }, withoutSum)
    const pruned = right(prune({ channels: { 'a/new': [0, 1] } })(grown.model))
    expect(pruned.model).toEqual(withoutSum)
  })
})

describe('refusals', () => {
  const summed = net(
    'n',
    image(4, 4, 1),
    convBnAct(4, 3, { name: 'stem' }),
    residual('r', stack('', convBnAct(2), concat('c', convBnAct(2), convBnAct(2)))),
    globalAvgPool,
    dense(2),
  )
  const refused = (options: Growth & Partial<GrowOptions>) =>
    left(grow({ seed: 0, ...options })(deepFreeze(modelOf(1)(summed))))

  test.each<[Growth & Partial<GrowOptions>, object]>([
    [
      { after: 'x', module: convBnAct(1) },
      { _tag: 'UnknownPath', at: 'x', where: 'after' },
    ],
    [
      { to: 'x', branch: convBnAct(1) },
      { _tag: 'UnknownPath', at: 'x', where: 'to' },
    ],
    [
      { widen: 'x', by: 2 },
      { _tag: 'UnknownPath', at: 'x', where: 'widen' },
    ],
    [
      { to: 'r', branch: convBnAct(1) },
      { _tag: 'WrongPlace', at: 'r', got: 'residual', expected: 'concat' },
    ],
    [
      { inside: 'stem', module: convBnAct(1) },
      { _tag: 'WrongPlace', at: 'stem', got: 'conv', expected: 'stack' },
    ],
    [
      { inside: 'r/body', at: 3, module: convBnAct(4) },
      { _tag: 'WrongOption', option: 'at', got: 3, expected: 'a whole number from 0 to 2' },
    ],
    [
      { widen: 'stem', by: 1 },
      { _tag: 'WrongOption', option: 'by', got: 1, expected: 'a number above 1' },
    ],
    [
      { after: 'stem', module: convBnAct(4), init: 'noisy', noise: 0 },
      { _tag: 'WrongOption', option: 'noise', got: 0, expected: 'a number above 0' },
    ],
    [
      { after: 'stem', module: convBnAct(4, 3, { name: 'r' }) },
      { _tag: 'TwoOfOneName', at: '', name: 'r' },
    ],
    [
      { inside: 'r/body', module: inception('new', { point: 4, pool: 2 }) },
      { _tag: 'SumDiffers', at: 'r', body: [4, 4, 6], shortcut: [4, 4, 4] },
    ],
    [
      { to: 'r/body/c', branch: convBnAct(1) },
      { _tag: 'SumDiffers', at: 'r', body: [4, 4, 5], shortcut: [4, 4, 4] },
    ],
    [
      { widen: 'stem', by: 2 },
      { _tag: 'Tied', at: 'stem', to: 'r/body/c/conv' },
    ],
    [
      { widen: 'dense', by: 2 },
      { _tag: 'NothingToWiden', at: 'dense' },
    ],
    [
      { after: 'dense', module: dense(3) },
      { _tag: 'OutputDiffers', at: 'dense2', got: [3], expected: [2] },
    ],
    [
      { after: 'stem', module: convBnAct(4), budget: { params: 300 } },
      { _tag: 'OverBudget', measure: 'params', limit: 300, got: 362 },
    ],
    [
      { after: 'stem', module: convBnAct(4), budget: { macs: 10 } },
      { _tag: 'OverBudget', measure: 'macs', limit: 10, got: 5192 },
    ],
    [
      { after: 'stem', module: convBnAct(4), statistics: { mean: [1], variance: [1] } },
      { _tag: 'WrongLength', at: 'conv', expected: 4, got: 1 },
    ],
    [
      { after: 'stem', module: convBnAct(4), statistics: { mean: [1, 2, 3, 4], variance: [1, 1, -1, 1] } },
      { _tag: 'NotFinite', at: 'conv', channel: 2, value: -1 },
    ],
  ])('%j', (options, fact) => {
    expect(refused(options)).toEqual(fact)
  })

  test('a store of another net', () => {
    const given = { ...placed(summed), weights: {} }
    expect(left(grow({ after: 'stem', module: convBnAct(4), seed: 0 })(given))).toMatchObject({
      _tag: 'WrongWeight',
      key: 'stem/kernel',
    })
  })
})
