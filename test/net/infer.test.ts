import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, test } from 'vitest'
import { type Graph, inputsOf } from '../../src/graph/graph.js'
import { lower } from '../../src/graph/lower.js'
import { countMacs, countParams, countStored } from '../../src/net/counts.js'
import type { NetError } from '../../src/net/error.js'
import { type CheckedNet, infer } from '../../src/net/infer.js'
import { layersOf } from '../../src/net/layers.js'
import type { Layer, Net } from '../../src/net/tree.js'
import { allWeightSpecs } from '../../src/net/weight-specs.js'
import { init, type Model } from '../../src/net/weights.js'
import { channelShuffle, channelSlice, squeezeExcite } from '../../src/net/words/channels.js'
import { concat, identity, net, residual, stack, withName } from '../../src/net/words/combinators.js'
import {
  avgPool,
  conv,
  convBnAct,
  dense,
  depthwiseBnAct,
  dropout,
  flatten,
  globalAvgPool,
  image,
  maxPool,
} from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { arbitraryModel, arbitraryNet, fedWith } from '../support/nets/arbitrary.js'
import { evaluate } from '../support/nets/reference.js'

const fitting = <A>(either: E.Either<NetError, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

const inferred = (net: Net): CheckedNet => fitting(infer(net))
const initialised = (net: Net, seed: number): Model => fitting(init(seed)(net))

describe('over random nets', () => {
  test.each(['training', 'inference'] as const)('each layer gives what was inferred, %s', mode => {
    const batch = 2
    fc.assert(
      fc.property(arbitraryModel({ dropout: true }), model => {
        const places = inferred(model.net)
        const { at } = lower({ batch, mode })(places)
        const graph: Graph = { outputs: Object.fromEntries(at), updates: [] }
        const feeds = Object.fromEntries(
          Object.entries(inputsOf(graph)).map(([name, shape]) => [name, fedWith(1, name, shape)]),
        )
        const weights = Object.fromEntries(
          Object.entries(model.weights).map(([key, { data }]) => [key, data]),
        )
        const { outputs } = evaluate(graph, feeds, weights)
        expect([...at.keys()].sort()).toEqual([...places.layers.keys()].sort())
        for (const [path, { output }] of places.layers) {
          expect(at.get(path)?.shape).toEqual([batch, ...output])
          expect(outputs[path]?.length).toBe(batch * output.reduce((product, size) => product * size, 1))
          expect(outputs[path]?.every(Number.isFinite)).toBe(true)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('every layer has its place, and takes what the one before gives', () => {
    fc.assert(
      fc.property(arbitraryNet({ dropout: true }), net => {
        const places = inferred(net)
        expect([...places.layers.keys()].sort()).toEqual([...layersOf(net).keys()].sort())
        for (const { layer, path, input, output } of places.layers.values()) {
          if (layer._tag !== 'stack') continue
          const inside = layer.layers.map(({ name }) =>
            places.layers.get(path === '' ? name : `${path}/${name}`),
          )
          expect([input, ...inside.map(each => each?.output)]).toEqual([
            ...inside.map(each => each?.input),
            output,
          ])
        }
      }),
    )
  })

  test('parameters counted are trained weights stored', () => {
    fc.assert(
      fc.property(arbitraryNet(), fc.nat(), (net, seed) => {
        const places = inferred(net)
        const { weights } = initialised(net, seed)
        const sizes = Object.entries(weights).map(([key, { shape, data }]) => {
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1))
          return [key, data.length] as const
        })
        const count = (kept: (key: string) => boolean) =>
          sizes.reduce((sum, [key, size]) => sum + (kept(key) ? size : 0), 0)
        expect(countStored(places)).toBe(count(() => true))
        expect(countParams(places)).toBe(count(key => !/\/(mean|variance)$/.test(key)))
        expect(Object.keys(weights)).toEqual(allWeightSpecs(places).map(({ key }) => key))
      }),
    )
  })

  test('the same seed gives the same weights, another seed others', () => {
    fc.assert(
      fc.property(arbitraryNet(), fc.nat(), (net, seed) => {
        expect(initialised(net, seed).weights).toEqual(initialised(net, seed).weights)
        expect(initialised(net, seed).weights['head/kernel']).not.toEqual(
          initialised(net, seed + 1).weights['head/kernel'],
        )
      }),
      { numRuns: 30 },
    )
  })

  test('a layer more changes the first weights of no other', () => {
    fc.assert(
      fc.property(arbitraryNet(), fc.nat(), (one, seed) => {
        const more: Net = {
          ...one,
          body: { ...one.body, layers: [...one.body.layers, { ...dense(3), name: 'more' }] },
        }
        const { 'more/kernel': _, 'more/bias': __, ...rest } = initialised(more, seed).weights
        expect(rest).toEqual(initialised(one, seed).weights)
      }),
      { numRuns: 30 },
    )
  })
})

test('seed 0 is a seed', () => {
  const tiny = net('tiny', image(4, 4, 1), convBnAct(2), globalAvgPool, dense(2))
  const kernel = (seed: number) => initialised(tiny, seed).weights['conv/kernel']?.data ?? []
  expect(kernel(0)).toEqual(kernel(0))
  expect(kernel(0)).not.toEqual(kernel(1))
})

test('first weights spread as He and Glorot say', () => {
  const { weights } = initialised(
    net('wide', image(8, 8, 16), convBnAct(64, 3), globalAvgPool, dense(500)),
    0,
  )
  const deviation = (key: string) => {
    const data = weights[key]?.data ?? new Float32Array()
    return Math.sqrt(data.reduce((sum, w) => sum + w * w, 0) / data.length)
  }
  expect(deviation('conv/kernel') / Math.sqrt(2 / (9 * 16))).toBeCloseTo(1, 1)
  expect(deviation('dense/kernel') / Math.sqrt(2 / (64 + 500))).toBeCloseTo(1, 1)
})

test('counts of a net done by hand', () => {
  const places = inferred(
    net(
      'hand',
      image(8, 6, 3),
      convBnAct(4, 3, { stride: 2 }),
      depthwiseBnAct(3),
      maxPool(2),
      flatten,
      dense(5),
    ),
  )
  expect(places.layers.get('conv')?.output).toEqual([4, 3, 4])
  expect(places.layers.get('maxPool')?.output).toEqual([2, 2, 4])
  expect(countParams(places)).toBe(9 * 3 * 4 + 8 + (9 * 4 + 8) + 16 * 5 + 5)
  expect(countStored(places) - countParams(places)).toBe(16)
  expect(countMacs(places)).toBe(12 * 9 * 3 * 4 + 12 * 9 * 4 + 80)
})

test('what each word stores', () => {
  const { weights } = initialised(
    net(
      'stores',
      image(4, 4, 3),
      depthwiseBnAct(5),
      convBnAct(2, 1, { norm: false }),
      flatten,
      dense(7, { bias: false }),
    ),
    0,
  )
  expect(Object.entries(weights).map(([key, { shape }]) => [key, shape])).toEqual([
    ['depthwise/kernel', [5, 5, 3, 1]],
    ...['scale', 'shift', 'mean', 'variance'].map(slot => [`depthwise/${slot}`, [3]]),
    ['conv/kernel', [1, 1, 3, 2]],
    ['conv/bias', [2]],
    ['dense/kernel', [32, 7]],
  ])
})

/** A tree as it may come from a file: what the words would not let anyone write. */
const tree = (...layers: readonly Layer[]): Net => ({
  _tag: 'net',
  name: 'tree',
  input: [8, 8, 3],
  body: { _tag: 'stack', name: '', layers },
})

const end: readonly Layer[] = [
  { ...globalAvgPool, name: 'pool' },
  { ...dense(3), name: 'head' },
]
const called = (name: string, layer: Layer): Layer => ({ ...layer, name })

/** An option of a layer that is not of its kind. */
const misread = (at: string, tag: string, option: string, got: string, expected: string): NetError => ({
  _tag: 'DecodeError',
  at: `${at}.${option}`,
  got,
  expected,
  way: [
    { key: at, kind: 'a layer', tag, name: at },
    { key: option, kind: expected, tag: null, name: null },
  ],
})

describe('what does not fit is named by its path', () => {
  const cases: Readonly<Record<string, readonly [Net, NetError]>> = {
    'a map at the end': [
      tree(called('a', convBnAct(3))),
      { _tag: 'WrongRank', at: '', expected: 'vector', got: [8, 8, 3] },
    ],
    'a map into dense': [
      tree(called('a', dense(3)), ...end),
      { _tag: 'WrongRank', at: 'a', expected: 'vector', got: [8, 8, 3] },
    ],
    'a vector into conv': [
      tree(...end, called('late', convBnAct(3))),
      { _tag: 'WrongRank', at: 'late', expected: 'map', got: [3] },
    ],
    'a pool whose windows would lie in the padding': [
      tree(called('a', maxPool(2, { padding: [0, 0, 2, 0] })), ...end),
      { _tag: 'PaddingTooWide', at: 'a', padding: 2, window: 2 },
    ],
    'a window too wide across': [
      tree(called('a', convBnAct(3, [1, 9], { padding: 'valid' })), ...end),
      { _tag: 'WindowTooLarge', at: 'a', window: 9, map: [8, 8, 3] },
    ],
    'no filters': [
      tree(called('a', convBnAct(0)), ...end),
      misread('a', 'conv', 'filters', '0', 'a whole number ≥ 1'),
    ],
    'half a kernel': [
      tree(called('a', convBnAct(3, 1.5)), ...end),
      misread('a', 'conv', 'kernel', '1.5', 'a whole number ≥ 1, or [height, width]'),
    ],
    'a stride of 0': [
      tree(called('a', convBnAct(3, 3, { stride: 0 })), ...end),
      misread('a', 'conv', 'stride', '0', 'a whole number ≥ 1, or [height, width]'),
    ],
    'a dilation of 0': [
      tree(called('a', depthwiseBnAct(3, { dilation: 0 })), ...end),
      misread('a', 'depthwise', 'dilation', '0', 'a whole number ≥ 1'),
    ],
    'padding below 0': [
      tree(called('a', convBnAct(3, 3, { padding: -1 })), ...end),
      misread(
        'a',
        'conv',
        'padding',
        '-1',
        '"same", "valid", a whole number ≥ 0, or [top, bottom, left, right]',
      ),
    ],
    'a dropout of everything': [
      tree(called('a', dropout(1)), ...end),
      misread('a', 'dropout', 'rate', '1', 'a number ≥ 0 and < 1'),
    ],
    'no units': [
      tree(called('pool', globalAvgPool), called('head', dense(Number.NaN))),
      misread('head', 'dense', 'units', 'NaN', 'a whole number ≥ 1'),
    ],
    'a window larger than its map': [
      net(
        'n',
        image(8, 8, 3),
        stack('deep', convBnAct(3), convBnAct(3, 5, { dilation: 2, padding: 0, name: 'wide' }), convBnAct(2)),
        globalAvgPool,
        dense(2),
      ),
      { _tag: 'WindowTooLarge', at: 'deep/wide', window: 9, map: [8, 8, 3] },
    ],
    'a pool larger than its map': [
      net('n', image(8, 8, 3), avgPool(9, { padding: 'valid' }), globalAvgPool, dense(2)),
      { _tag: 'WindowTooLarge', at: 'avgPool', window: 9, map: [8, 8, 3] },
    ],
    'branches of two sizes': [
      net(
        'n',
        image(8, 8, 3),
        concat('c', convBnAct(2, 1, { name: 'one' }), convBnAct(2, 3, { name: 'two', stride: 2 })),
        globalAvgPool,
        dense(2),
      ),
      { _tag: 'BranchesDiffer', at: 'c', branch: 'c/two', got: [4, 4, 2], expected: [8, 8, 2] },
    ],
    'a sum of two shapes': [
      net('n', image(8, 8, 3), residual('r', convBnAct(4)), globalAvgPool, dense(2)),
      { _tag: 'SumDiffers', at: 'r', body: [8, 8, 4], shortcut: [8, 8, 3] },
    ],
    'channels that groups do not divide': [
      net('n', image(8, 8, 3), conv(4, 3, { groups: 2, name: 'c' }), globalAvgPool, dense(2)),
      { _tag: 'UnequalGroups', at: 'c', what: 'channels', got: 3, groups: 2 },
    ],
    'filters that groups do not divide': [
      net('n', image(8, 8, 3), conv(4, 3, { groups: 3, name: 'c' }), globalAvgPool, dense(2)),
      { _tag: 'UnequalGroups', at: 'c', what: 'filters', got: 4, groups: 3 },
    ],
    'a shuffle of unequal groups': [
      net('n', image(8, 8, 3), channelShuffle(2), globalAvgPool, dense(2)),
      { _tag: 'UnequalGroups', at: 'channelShuffle', what: 'channels', got: 3, groups: 2 },
    ],
    'a slice beyond the last channel': [
      net('n', image(8, 8, 3), channelSlice(1, 3), globalAvgPool, dense(2)),
      { _tag: 'SliceOutside', at: 'channelSlice', end: 4, channels: 3 },
    ],
    'a gate of other channels': [
      net('n', image(8, 8, 3), squeezeExcite('se', 4, 2), globalAvgPool, dense(2)),
      { _tag: 'GateDiffers', at: 'se', body: [4], input: [8, 8, 3] },
    ],
    'no branches': [
      net('n', image(8, 8, 3), concat('c'), globalAvgPool, dense(2)),
      { _tag: 'NoBranches', at: 'c' },
    ],
    'two of one name': [
      net(
        'n',
        image(8, 8, 3),
        stack('s', convBnAct(1, 1, { name: 'a' }), convBnAct(2, 1, { name: 'a' })),
        globalAvgPool,
        dense(2),
      ),
      { _tag: 'TwoOfOneName', at: 's', name: 'a' },
    ],
    'a name with a stroke': [
      net('n', image(8, 8, 3), stack('s', convBnAct(1, 1, { name: 'a/b' })), globalAvgPool, dense(2)),
      { _tag: 'BadName', at: 's', name: 'a/b' },
    ],
    'no name': [tree(convBnAct(3), ...end), { _tag: 'BadName', at: '', name: '' }],
    'an image without rows': [
      net('n', image(0, 8, 3), globalAvgPool, dense(2)),
      {
        _tag: 'DecodeError',
        at: 'net.input.0',
        got: '0',
        expected: 'a whole number ≥ 1',
        way: [
          { key: 'net', kind: 'a net', tag: 'net', name: 'n' },
          { key: 'input', kind: 'height, width and channels', tag: null, name: null },
          { key: '0', kind: 'a whole number ≥ 1', tag: null, name: null },
        ],
      },
    ],
  }

  test.each(Object.entries(cases))('%s', (_, [odd, error]) => {
    expect(infer(odd)).toEqual(E.left(error))
  })

  test('a name of thousands of letters is told by its end', () => {
    const long = net(
      'n',
      image(8, 8, 3),
      convBnAct(1, 1, { name: 'a/'.repeat(5000) }),
      globalAvgPool,
      dense(2),
    )
    const message = pipe(
      infer(long),
      E.match(renderMessage, () => ''),
    )
    expect(message).toMatch(/^the net: expected a name of letters.*a\/'; try another name$/)
    expect(message.length).toBeLessThan(200)
  })

  test('planting refuses it too', () => {
    const odd = tree(called('a', convBnAct(3)))
    expect(E.isLeft(init(0)(odd))).toBe(true)
  })
})

describe('names', () => {
  test('come from the kind, numbered from the second on, around those given', () => {
    const named2 = net(
      'n',
      image(8, 8, 3),
      convBnAct(2),
      convBnAct(2, 1, { name: 'conv2' }),
      convBnAct(2),
      globalAvgPool,
      dense(2),
    )
    expect(named2.body.layers.map(({ name }) => name)).toEqual([
      'conv',
      'conv2',
      'conv3',
      'globalAvgPool',
      'dense',
    ])
  })

  test('can be given to any word', () => {
    const layers = net(
      'n',
      image(8, 8, 3),
      withName('first', convBnAct(2)),
      withName('around', identity),
      globalAvgPool,
      dense(2),
    ).body.layers
    expect(layers.map(({ name }) => name)).toEqual(['first', 'around', 'globalAvgPool', 'dense'])
  })
})
