/** Shapes, counts, names and first weights that are inferred of a net. */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { type Graph, inputsOf } from '../../src/graph/graph.js'
import { lower } from '../../src/graph/lower.js'
import { countMacs, countParams, countStored } from '../../src/net/counts.js'
import type { NetError } from '../../src/net/error.js'
import { type CheckedNet, infer } from '../../src/net/infer.js'
import { layersOf } from '../../src/net/layers.js'
import type { Net } from '../../src/net/tree.js'
import { allWeightSpecs } from '../../src/net/weight-specs.js'
import { init, type Model } from '../../src/net/weights.js'
import { identity, net, withName } from '../../src/net/words/combinators.js'
import {
  convBnAct,
  dense,
  depthwiseBnAct,
  flatten,
  globalAvgPool,
  image,
  maxPool,
} from '../../src/net/words/leaves.js'
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
