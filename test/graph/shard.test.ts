/** Graphs that workers share: together they compute what one does with the whole batch. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Graph, inputsOf, type Program, valuesOf } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import { adamw } from '../../src/graph/optimizer.js'
import type { Placement } from '../../src/graph/shard/placement.js'
import { countSums, shard, split } from '../../src/graph/shard/shard.js'
import { traceCall } from '../../src/learn/criteria/trace-call.js'
import { pushDefaults, trainDefaults } from '../../src/learn/options.js'
import { pushCalls } from '../../src/learn/push/push.js'
import { trainCalls } from '../../src/learn/training/calls.js'
import type { CheckedNet } from '../../src/net/infer.js'
import { net } from '../../src/net/words/combinators.js'
import { batchNorm, conv, dense, flatten, image } from '../../src/net/words/leaves.js'
import { apart, type Numbers } from '../support/nets/agree.js'
import { arbitraryNet } from '../support/nets/arbitrary.js'
import { begunOf, dataOf, feedsOf } from '../support/nets/operations.js'
import { oneHot } from '../support/nets/reference/arrays.js'
import { evaluate, type Given } from '../support/nets/reference.js'
import { left, placed, right } from '../support/nets/surgery.js'
import { tinyNet } from '../support/nets/tiny.js'
import { inputOf, together } from '../support/nets/workers.js'

const batch = 4

const placementOf = (name: string): Placement =>
  /^(images|targets|noise\/.*)$/.test(name) ? 'sharded' : 'replicated'

const shares = (graph: Graph, workers: number, syncBatchNorm = true) =>
  Array.from({ length: workers }, (_, rank) =>
    shard({ rank, workers, batch, syncBatchNorm, placementOf, key: 7 })(graph),
  )

const rowsOf = (feeds: Given, rank: number, workers: number): Given =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, data]) => {
      const size = data.length / workers
      const own = placementOf(name) === 'sharded' ? data.slice(rank * size, (rank + 1) * size) : data
      return [inputOf(rank, name), own]
    }),
  )

/** Targets are shares of classes, so that logarithms and counts are those of a training. */
const fedOf = (graph: Graph, seed: number): Given => ({
  ...feedsOf(graph, seed),
  ...('targets' in inputsOf(graph) && { targets: oneHot(inputsOf(graph).targets ?? []) }),
})

const unprefixed = (outputs: Numbers, rank: number): Numbers =>
  Object.fromEntries(
    Object.entries(outputs)
      .filter(([name]) => name.startsWith(inputOf(rank, '')))
      .map(([name, data]) => [name.slice(inputOf(rank, '').length), data]),
  )

/** How far outputs and variables of workers are from those of one, in float64; each worker's outputs are the same. */
const discrepancy = (program: Program, call: string, workers: number, seed: number): number => {
  const graph = program[call] as Graph
  const feeds = fedOf(graph, seed)
  const before = dataOf(begunOf(program, seed))
  const variables = Object.fromEntries(
    Object.entries(before).map(([name, data]) => [
      name,
      name.endsWith('variance') ? data.map(value => 0.5 + Math.abs(value)) : data,
    ]),
  )
  const whole = evaluate(graph, feeds, variables)
  const fed = Object.assign({}, ...Array.from({ length: workers }, (_, rank) => rowsOf(feeds, rank, workers)))
  const shared = evaluate(together(shares(graph, workers).map(right)), fed, variables)
  for (let rank = 1; rank < workers; rank++)
    expect(unprefixed(shared.outputs, rank)).toEqual(unprefixed(shared.outputs, 0))
  return Math.max(
    apart(whole.outputs, unprefixed(shared.outputs, 0)),
    apart(whole.variables, shared.variables),
  )
}

const options = { ...trainDefaults, batchSize: batch }
const pushing = {
  ...pushDefaults,
  batchSize: batch,
  align: { axis: 0.1, ridge: 0.1, correlation: 0.1, compactness: 0.1, units: 0.1 },
}

const programs: readonly (readonly [string, (net: CheckedNet) => Program, string])[] = [
  ['training', net => right(trainCalls(options, 4)(net)), 'train'],
  [
    'clipped Adam',
    net => right(trainCalls({ ...options, optimizer: adamw(), clipNorm: 0.1 }, 4)(net)),
    'train',
  ],
  ['accumulation', net => right(trainCalls({ ...options, accumulate: 2 }, 4)(net)), 'train'],
  ['inference', net => right(trainCalls(options, 4)(net)), 'infer'],
  ['a push with a fade', net => right(pushCalls(pushing, 4, null)(net)), 'train'],
  ['a trace', net => ({ trace: right(traceCall('discriminantTrace', 4)(net)).graph }), 'trace'],
]

describe('workers compute what one does with the whole batch', () => {
  test.each(programs)('%s', (_, build, call) => {
    expect(discrepancy(build(placed(tinyNet)), call, 2, 3)).toBeLessThan(1e-9)
  })

  test('however many they are', () => {
    const program: Program = right(trainCalls(options, 4)(placed(tinyNet)))
    expect(discrepancy(program, 'train', 4, 3)).toBeLessThan(1e-9)
  })

  test('training of any net', () => {
    fc.assert(
      fc.property(arbitraryNet({ dropout: true }), fc.nat(), (random, seed) => {
        const program: Program = right(trainCalls(options, 4)(placed(random)))
        return discrepancy(program, 'train', 2, seed) < 1e-6
      }),
      { numRuns: 5 },
    )
  })
})

describe('parts of a batch', () => {
  const part = (graph: Graph, parts: number) => split({ batch, parts })(graph)

  /** The rows of an output of all parts, in order. */
  const answersOf = (
    graph: Graph,
    parts: number,
    images: Numbers[string],
    weights: Given,
  ): readonly number[] =>
    Array.from({ length: parts }, (_, nth) => {
      const size = images.length / parts
      const fed = { images: Float64Array.from(images).slice(nth * size, (nth + 1) * size) }
      return [...(evaluate(graph, fed, weights).outputs.logits ?? [])]
    }).flat()

  test('give together what the batch gives, on random nets', () => {
    fc.assert(
      fc.property(arbitraryNet({ dropout: true }), fc.nat(), (random, seed) => {
        const program: Program = right(trainCalls(options, 4)(placed(random)))
        const graph = program.infer as Graph
        const { images = [] } = feedsOf(graph, seed)
        const weights = dataOf(begunOf(program, seed))
        const whole = answersOf(graph, 1, images, weights)
        for (const parts of [2, 4])
          expect(answersOf(right(part(graph, parts)), parts, images, weights)).toEqual(whole)
      }),
      { numRuns: 20 },
    )
  })

  const images = op.input('images', [batch, 2, 2, 3])
  const numbers = op.weight('numbers', [3])

  test.each([
    ['norm by its statistics', op.batchNorm(images, numbers, numbers, 1e-3), 'allReduce'],
    ['sum over it', op.sum(images, [0]), 'sum'],
    ['mean taken from each row', op.sub(images, op.sum(images, [0])), 'allReduce'],
    [
      'product of its rows with each other',
      op.matmul(op.reshape(images, [batch, 12]), op.reshape(images, [12, batch])),
      'reshape',
    ],
    ['weight alone', numbers, 'weight'],
  ])('cannot be had of a %s', (_, y, kind) => {
    expect(left(part({ outputs: { y }, updates: [] }, 2))).toEqual({ _tag: 'NotShardable', kind })
  })
})

describe('sums over workers', () => {
  const plain = placed(net('plain', image(6, 6, 1), conv(5, 3), flatten, dense(3)))
  const normed = placed(
    net('normed', image(6, 6, 1), conv(5, 3), batchNorm(), conv(4, 3), batchNorm(), flatten, dense(3)),
  )
  const first = (net: CheckedNet, sync: boolean): Graph => {
    const [graph] = shares(right(trainCalls(options, 4)(net)).train, 2, sync)
    return right(graph as never)
  }

  test('are one a step, and with batch norm by the whole batch two more a layer', () => {
    expect(countSums(first(plain, true))).toBe(1)
    expect(countSums(first(normed, false))).toBe(1)
    expect(countSums(first(normed, true))).toBe(5)
  })

  test('are the same ones on every worker, and have keys that follow each other', () => {
    const sumsOf = (graph: Graph) =>
      valuesOf(graph).flatMap(({ op: own, shape }) => (own.kind === 'allReduce' ? [[own.key, shape]] : []))
    const [one, other] = shares(right(trainCalls(options, 4)(normed)).train, 2)
      .map(right)
      .map(sumsOf)
    expect(one?.map(([key]) => key)).toEqual([7, 8, 9, 10, 11])
    expect(other).toEqual(one)
  })
})

test('what compares images with each other is refused', () => {
  const z = op.input('images', [batch, 3])
  const graph = { outputs: { all: op.matmul(z, z, { transposeB: true }) }, updates: [] }
  expect(left(shares(graph, 2)[0] as never)).toEqual({ _tag: 'NotShardable', kind: 'matmul' })
})
