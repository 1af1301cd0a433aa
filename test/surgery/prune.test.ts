/** Pruning: its certificate and laws over random nets and utilities, then each way a tree closes, then refusals. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test, vi } from 'vitest'
import { groups } from '../../src/net/channels/groups.js'
import { wireNet } from '../../src/net/channels/wiring.js'
import { countMacs, countParams, countStored } from '../../src/net/counts.js'
import { layersOf } from '../../src/net/layers.js'
import { childPath, isInside, type Path } from '../../src/net/path.js'
import { stream } from '../../src/net/random.js'
import { channelsOf, sizeOf } from '../../src/net/shape.js'
import type { Layer, Net } from '../../src/net/tree.js'
import { allWeightSpecs } from '../../src/net/weight-specs.js'
import type { Model, Weights } from '../../src/net/weights.js'
import { relu } from '../../src/net/words/activations.js'
import { concat, identity, inception, net, residual, stack } from '../../src/net/words/combinators.js'
import {
  batchNorm,
  convBnAct,
  dense,
  flatten,
  globalAvgPool,
  image,
  maxPool,
} from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/messages.js'
import { mask } from '../../src/surgery/prune/mask.js'
import type { PruneOptions } from '../../src/surgery/prune/options.js'
import { byRemoved, prune } from '../../src/surgery/prune/prune.js'
import type { Combine, Normalize } from '../../src/surgery/prune/rank.js'
import { carrySlots } from '../../src/surgery/remap.js'
import { arbitraryModel, modelOf } from '../support/nets/arbitrary.js'
import { deepFreeze, difference, forward, left, placed, right, utilitiesOf } from '../support/nets/surgery.js'

vi.setConfig({ testTimeout: 120_000 })

const share = fc.double({ min: 0.05, max: 1, noNaN: true })

const goals = fc.oneof(
  fc.record({ eta: fc.double({ min: 0, max: 2, noNaN: true }) }),
  fc.record({
    keep: fc.oneof(fc.record({ params: share }), fc.record({ macs: share }), fc.record({ bytes: share })),
    normalize: fc.constantFrom<Normalize[]>('raw', 'global', 'eta', 'layer'),
  }),
)

const cases = fc
  .record({
    model: arbitraryModel(),
    seed: fc.nat(),
    goal: goals,
    combine: fc.constantFrom<Combine[]>('sum', 'mean', 'max'),
    minChannels: fc.constantFrom(0, 0, 0, 1, 2),
    roundTo: fc.constantFrom(1, 1, 1, 2, 4),
  })
  .map(({ model, seed, goal, ...limits }) => {
    const options: PruneOptions = { by: utilitiesOf(model.net, seed), ...goal, ...limits }
    return { model, options, seed }
  })

/** Some paths of a net. */
const pathsOf = (given: Net, seed: number, odds: number): readonly Path[] => {
  const draw = stream(seed, 'paths')
  return [...placed(given).layers.keys()].filter(path => path !== '' && draw() < odds)
}

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

const runs = { numRuns: 80 }

describe('laws', () => {
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

  test('a pruning can be repeated by the removed channels', () => {
    fc.assert(
      fc.property(cases, ({ model, options }) => {
        const pruned = prune(options)(model)
        if (E.isLeft(pruned)) return
        const twice = right(prune(byRemoved(pruned.right))(model))
        expect(twice.model).toEqual(pruned.right.model)
        expect([...twice.bypassed].sort()).toEqual([...pruned.right.bypassed].sort())
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
})

/** Each layer of a net as `path: kind`, with its width where it has one. */
const drawn = (given: Net): readonly string[] => {
  const visit = (layer: Layer, path: Path): readonly string[] => {
    const kind = layer._tag === 'activate' ? layer.activation : layer._tag
    const width = layer._tag === 'conv' ? ` ${layer.filters}` : ''
    const below =
      layer._tag === 'stack'
        ? layer.layers
        : layer._tag === 'concat'
          ? layer.branches
          : layer._tag === 'residual'
            ? [layer.body, layer.shortcut]
            : []
    return [`${path}: ${kind}${width}`, ...below.flatMap(each => visit(each, childPath(path, each.name)))]
  }
  return given.body.layers.flatMap(layer => visit(layer, layer.name))
}

const all = (count: number): readonly number[] => [...Array(count).keys()]

const cutting = (given: Net, channels: ByPath) => right(prune({ channels })(modelOf(1)(given)))

describe('the tree closes', () => {
  const module = net(
    'module',
    image(6, 6, 2),
    convBnAct(4, 3, { name: 'stem' }),
    inception('a', { point: 2, three: [2, 3], pool: 2 }),
    globalAvgPool,
    dense(3),
  )

  test('the activation of a sum has a name of its own beside any shortcut', () => {
    const sum = residual('r', convBnAct(4), { shortcut: convBnAct(4, 1), activation: 'relu' })
    const named = { ...sum, shortcut: { ...convBnAct(4, 1), name: 'relu' } } // as a file may have it
    const model = modelOf(1)(
      net('n', image(6, 6, 1), convBnAct(4), named as typeof sum, globalAvgPool, dense(2)),
    )
    const pruned = right(prune({ channels: {}, bodies: ['r'] })(model))
    expect(drawn(pruned.model.net)).toContain('r/relu2: relu')
    expect(difference(forward(right(mask(pruned)(model))), forward(pruned.model))).toBeLessThan(1e-6)
  })

  test('a branch with an empty layer is removed whole', () => {
    const pruned = cutting(module, { 'a/three/reduce': all(2) })
    expect(drawn(pruned.model.net).filter(line => line.startsWith('a'))).toEqual([
      'a: concat',
      'a/point: conv 2',
      'a/pool: stack',
      'a/pool/maxPool: maxPool',
      'a/pool/conv: conv 2',
    ])
    expect(pruned.removed.map(({ path, why }) => `${path} ${why}`)).toEqual([
      'a/three/reduce utility',
      'a/three/reduce utility',
      'a/three/conv starved',
      'a/three/conv starved',
      'a/three/conv starved',
    ])
  })

  test('a concat of one branch is that branch, at the same path', () => {
    const pruned = cutting(module, { 'a/point': all(2), 'a/pool/conv': all(2) })
    expect(drawn(pruned.model.net).filter(line => line.startsWith('a'))).toEqual([
      'a: stack',
      'a/three: stack',
      'a/three/reduce: conv 2',
      'a/three/conv: conv 3',
    ])
  })

  test('the output keeps a channel to be computed from', () => {
    expect(left(prune({ channels: { stem: all(4) } })(modelOf(1)(module)))).toEqual({
      _tag: 'EmptyNet',
      at: 'stem',
    })
    const by = { stem: [1, 2, 3, 4].map(x => x / 1e6), 'a/point': [5, 6] }
    expect(left(prune({ by, eta: 100 })(modelOf(1)(module)))).toMatchObject({ _tag: 'EmptyNet' })
    const least = right(prune({ by, atMost: { params: 110 }, normalize: 'raw' })(modelOf(1)(module)))
    expect(drawn(least.model.net)[0]).toBe('stem: conv 1')
  })

  const sums = net(
    'sums',
    image(6, 6, 2),
    convBnAct(4, 3, { name: 'stem' }),
    residual(
      'r',
      stack('', convBnAct(3, 1, { name: 'in' }), convBnAct(4, 3, { name: 'out', activation: null })),
      {
        activation: 'relu',
      },
    ),
    residual('s', stack('', convBnAct(3, 1, { name: 'in' }), convBnAct(4, 3, { name: 'out' }))),
    residual('t', convBnAct(4), { shortcut: convBnAct(4, 1) }),
    globalAvgPool,
    dense(3),
  )

  test('a residual without body is its shortcut; an identity is removed', () => {
    const pruned = cutting(sums, { 'r/body/in': all(3), 's/body/in': all(3) })
    expect(pruned.bypassed).toEqual(['r', 's'])
    expect(drawn(pruned.model.net)).toEqual([
      'stem: conv 4',
      'r: stack',
      'r/relu: relu',
      't: residual',
      't/body: conv 4',
      't/shortcut: conv 4',
      'globalAvgPool: globalAvgPool',
      'dense: dense',
    ])
  })

  test('a body of one layer is removed when all its scores are below the threshold, though the sum stays', () => {
    const by = { 't/body': [0.1, 0.2, 0.1, 0.2], 't/shortcut': [5, 6, 7, 8] }
    const pruned = right(
      prune({ by, atMost: { params: countParams(placed(sums)) - 60 }, normalize: 'raw', combine: 'max' })(
        modelOf(1)(sums),
      ),
    )
    expect(pruned.bypassed).toEqual(['t'])
    expect(drawn(pruned.model.net)).toContain('t/shortcut: conv 3')
  })

  test('a protected body stays', () => {
    const [path, layer] = ['s/body', layersOf(sums).get('s/body')]
    const pruned = right(
      prune({ by: { 'r/body/in': [0, 0, 0], 's/body/in': [0, 0, 0] }, eta: 1, freeze: [path] })(
        modelOf(1)(sums),
      ),
    )
    expect(pruned.bypassed).toEqual(['r'])
    expect(layersOf(pruned.model.net).get(path)).toEqual(layer)
    for (const place of ['t', 't/shortcut', 't/body', ''])
      expect(left(prune({ channels: {}, bodies: ['t'], freeze: [place] })(modelOf(1)(sums)))).toEqual({
        _tag: 'FrozenBody',
        at: 't',
        reason: 'freeze',
      })
  })

  test('bodies go by name too, unless they are protected', () => {
    const named = { channels: {}, bodies: ['t'] }
    expect(drawn(right(prune(named)(modelOf(1)(sums))).model.net)).toContain('t/shortcut: conv 4')
    expect(left(prune({ ...named, freeze: ['t/body'] })(modelOf(1)(sums)))).toEqual({
      _tag: 'FrozenBody',
      at: 't',
      reason: 'freeze',
    })
  })

  test('a body around the image may go; its channels may not', () => {
    const given = net(
      'n',
      image(4, 4, 2),
      residual('r', stack('', convBnAct(3), convBnAct(2))),
      convBnAct(4),
      globalAvgPool,
      dense(2),
    )
    expect(left(prune({ channels: { 'r/body/conv2': [0] } })(modelOf(1)(given)))).toEqual({
      _tag: 'FrozenChannel',
      at: 'r/body/conv2',
      channel: 0,
      reason: 'input',
    })
    expect(drawn(cutting(given, { 'r/body/conv': all(3) }).model.net)[0]).toBe('conv: conv 4')
  })

  test('a starving branch whose channels are bound to others keeps its best', () => {
    const given = net(
      'n',
      image(4, 4, 2),
      convBnAct(4, 1, { name: 'stem' }),
      residual(
        'r',
        concat(
          '',
          stack('one', convBnAct(2, 1, { name: 'in' }), convBnAct(2)),
          convBnAct(2, 1, { name: 'two' }),
        ),
      ),
      globalAvgPool,
      dense(2),
    )
    expect(left(prune({ channels: { 'r/body/one/in': all(2) } })(modelOf(1)(given)))).toEqual({
      _tag: 'EmptyNet',
      at: 'r/body/one/in',
    })
    const by = { 'r/body/one/in': [0, 0.1], stem: [1, 2, 3, 4] }
    const pruned = right(prune({ by, eta: 0.5 })(modelOf(1)(given)))
    expect(pruned.channels['r/body/one/in']).toEqual(Int32Array.of(1))
  })

  test('a body is removed with all layers in it', () => {
    const given = net(
      'n',
      image(4, 4, 2),
      convBnAct(3, 1, { name: 'stem' }),
      residual(
        'r',
        stack(
          '',
          convBnAct(2, 1, { name: 'in' }),
          convBnAct(2, 3, { name: 'mid' }),
          convBnAct(3, 1, { name: 'out' }),
        ),
      ),
      globalAvgPool,
      dense(2),
    )
    const { removed } = cutting(given, { 'r/body/in': all(2) })
    expect(removed.map(({ path }) => path)).toEqual(['r/body/in', 'r/body/in', 'r/body/mid', 'r/body/mid'])
  })

  test('a protected layer that makes no channels keeps its body', () => {
    const given = net(
      'n',
      image(4, 4, 2),
      convBnAct(3, 1, { name: 'stem' }),
      residual('r', stack('', batchNorm({ name: 'norm' }), relu)),
      globalAvgPool,
      dense(2),
    )
    const by = { 'r/body/norm': [0.1, 0.2, 0.3], stem: [7, 8, 9] }
    const options = { by, atMost: { params: 20 }, normalize: 'raw' as const, combine: 'max' as const }
    expect(right(prune(options)(modelOf(1)(given))).bypassed).toEqual(['r'])
    const guarded = prune({ ...options, freeze: ['r/body/norm'] })(modelOf(1)(given))
    expect(left(guarded)._tag).toBe('OutOfReach')
    expect(drawn(right(prune({ by, eta: 1, freeze: ['r/body/norm'] })(modelOf(1)(given))).model.net)).toEqual(
      drawn(given),
    )
  })

  test('what is kept against the ranking has a width that fits too', () => {
    const by = { stem: [1, 2, 3, 4].map(x => x / 1e6) }
    const least = countParams(placed(cutting(module, { stem: [0, 1] }).model.net))
    const pruned = prune({ by, atMost: { params: 1 }, normalize: 'raw', roundTo: 2 })(modelOf(1)(module))
    expect(left(pruned)).toEqual({
      _tag: 'OutOfReach',
      measure: 'params',
      expected: 1,
      least,
      limits: ['roundTo'],
    })
  })

  test('a flattened channel takes all its rows along', () => {
    const given = net(
      'n',
      image(4, 4, 1),
      convBnAct(3, 3, { name: 'c' }),
      maxPool(2),
      flatten,
      relu,
      dense(5),
      dense(2),
    )
    const pruned = cutting(given, { c: [1] })
    expect(pruned.model.weights['dense/kernel']?.shape).toEqual([8, 5])
    const [old, now] = [
      modelOf(1)(given).weights['dense/kernel']?.data,
      pruned.model.weights['dense/kernel']?.data,
    ]
    const rows = [0, 2, 3, 5, 6, 8, 9, 11]
    expect([...(now ?? [])]).toEqual(rows.flatMap(row => [...(old ?? []).slice(5 * row, 5 * row + 5)]))
  })

  test('an identity branch passes what is left', () => {
    const given = net(
      'n',
      image(4, 4, 1),
      convBnAct(3, 3, { name: 'c' }),
      concat('d', identity, convBnAct(2, 3, { name: 'new' })),
      globalAvgPool,
      dense(2),
    )
    expect(drawn(cutting(given, { 'd/new': all(2) }).model.net)).toEqual([
      'c: conv 3',
      'globalAvgPool: globalAvgPool',
      'dense: dense',
    ])
    expect(cutting(given, { c: [0] }).model.weights['dense/kernel']?.shape).toEqual([4, 2])
  })
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

describe('refusals', () => {
  const given = net(
    'n',
    image(4, 4, 1),
    convBnAct(3, 3, { name: 'a' }),
    convBnAct(4, 3, { name: 'b' }),
    globalAvgPool,
    dense(2),
  )
  const model = deepFreeze(modelOf(3)(given))
  const by = { a: [1, 2, 3] }
  const refused = (options: PruneOptions, of: Model = model) => left(prune(options)(of))

  test.each<[PruneOptions, object]>([
    [
      { by, eta: 1, freeze: ['c'] },
      { _tag: 'UnknownPath', at: 'c', where: 'freeze' },
    ],
    [
      { by, eta: 1, ignore: ['a/b'] },
      { _tag: 'UnknownPath', at: 'a/b', where: 'ignore' },
    ],
    [
      { by: { c: [1] }, eta: 1 },
      { _tag: 'UnknownPath', at: 'c', where: 'utilities' },
    ],
    [
      { by: { a: [1] }, eta: 1 },
      { _tag: 'WrongLength', at: 'a', expected: 3, got: 1 },
    ],
    [
      { by: { a: [1, Number.NaN, 3] }, eta: 1 },
      { _tag: 'NotFinite', at: 'a', channel: 1, value: Number.NaN },
    ],
    [
      { by, eta: 1, minChannels: 0.5 },
      { _tag: 'WrongOption', option: 'minChannels', got: 0.5, expected: 'a whole number from 0 up' },
    ],
    [
      { by, eta: 1, roundTo: 0 },
      { _tag: 'WrongOption', option: 'roundTo', got: 0, expected: 'a whole number from 1 up' },
    ],
    [
      { by, keep: { params: 0.1 }, freeze: ['b'] },
      { _tag: 'OutOfReach', measure: 'params', expected: 0.1 * 159, least: 159, limits: ['freeze'] },
    ],
    [
      { by, keep: { params: 0.1 } },
      { _tag: 'OutOfReach', measure: 'params', expected: 0.1 * 159, least: 65, limits: [] },
    ],
    [{ channels: { c: [0] } }, { _tag: 'UnknownPath', at: 'c', where: 'channels' }],
    [{ channels: { a: [3] } }, { _tag: 'UnknownChannel', at: 'a', channel: 3, channels: 3 }],
    [
      { channels: { a: [1] }, freeze: ['b'] },
      { _tag: 'FrozenChannel', at: 'a', channel: 1, reason: 'freeze' },
    ],
    [{ channels: { dense: [1] } }, { _tag: 'FrozenChannel', at: 'dense', channel: 1, reason: 'output' }],
    [
      { channels: {}, bodies: ['a'] },
      { _tag: 'UnknownPath', at: 'a', where: 'bodies' },
    ],
    [{ channels: { b: [0, 1, 2, 3] } }, { _tag: 'EmptyNet', at: 'b' }],
  ])('%j', (options, fact) => {
    expect(refused(options)).toEqual(fact)
  })

  test.each<[PruneOptions, string]>([
    [{ by, eta: -1 }, 'eta: expected a number ≥ 0, got -1'],
    [{ by, keep: { params: 1.5 } }, 'keep.params: expected a share above 0, at most 1, got 1.5'],
    [{ by, keep: { bytes: 0 } }, 'keep.bytes: expected a share above 0, at most 1, got 0'],
    [{ by, atMost: { macs: Number.NaN } }, 'atMost.macs: expected a number > 0, got NaN'],
  ])('a target that is none: %j', (options, said) => {
    expect(renderMessage(refused(options))).toBe(said)
  })

  test('a store of another net', () => {
    const { 'b/kernel': kernel, ...others } = model.weights
    expect(refused({ by, eta: 1 }, { ...model, weights: others })).toEqual({
      _tag: 'WrongWeight',
      key: 'b/kernel',
      expected: [3, 3, 3, 4],
      got: null,
    })
    expect(kernel?.shape).toEqual([3, 3, 3, 4])
  })
})
