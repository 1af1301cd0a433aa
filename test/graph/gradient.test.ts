import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differentiate } from '../../src/graph/differentiate.js'
import { deconvolution, gradient } from '../../src/graph/gradient-rules.js'
import {
  type Graph,
  inputsOf,
  type Kind,
  type PoolWindow,
  type Value,
  type Window,
} from '../../src/graph/graph.js'
import { lower } from '../../src/graph/lower.js'
import type { Mode } from '../../src/graph/lowering.js'
import * as op from '../../src/graph/operations.js'
import type { Shape } from '../../src/net/shape.js'
import type { Padding } from '../../src/net/tree.js'
import type { Model } from '../../src/net/weights.js'
import { arbitraryModel, fedWith } from '../support/nets/arbitrary.js'
import { evaluate, type Given } from '../support/nets/reference.js'

const total = (graph: Graph, feeds: Given, weights: Given = {}): number =>
  evaluate(graph, feeds, weights).outputs.loss?.[0] ?? Number.NaN

/** Σ of the values, each with a weight of its own, so that no two slopes cancel. */
const weighed = (y: Value): Value => op.sum(op.mul(y, op.input('weighing', y.shape)))

/** The steepest difference between the rule's slopes and central differences, relative to the largest slope. */
const discrepancy = (sources: readonly Value[], y: Value, feeds: Given, h = 1e-6): number => {
  const loss = weighed(y)
  const slopes = differentiate()(loss, sources)
  const graph: Graph = { outputs: { loss }, updates: [] }
  const got = evaluate(
    { outputs: Object.fromEntries(slopes.map((slope, n) => [`${n}`, slope])), updates: [] },
    feeds,
    {},
  )
  const differences = sources.flatMap((source, nth) => {
    const name = source.op.kind === 'input' ? source.op.name : ''
    const values = feeds[name] ?? []
    return Array.from(values, (value, i) => {
      const moved = (by: number) => ({ ...feeds, [name]: Float64Array.from(values).with(i, value + by) })
      const slope = (total(graph, moved(h)) - total(graph, moved(-h))) / (2 * h)
      return [slope, got.outputs[`${nth}`]?.[i] ?? Number.NaN] as const
    })
  })
  const scale = Math.max(1, ...differences.map(([slope]) => Math.abs(slope)))
  return Math.max(...differences.map(([slope, rule]) => Math.abs(slope - rule) / scale))
}

interface Example {
  readonly inputs: readonly Shape[]
  readonly build: (...inputs: Value[]) => Value
  /** Where the inputs lie; by default in [−1, 1). */
  readonly from?: readonly [low: number, high: number]
}

const vectorNet = (name: string, shapes: readonly Shape[]): readonly Value[] =>
  shapes.map((shape, n) => op.input(`${name}${n}`, shape))

const feedsOf = (
  values: readonly Value[],
  y: Value,
  seed: number,
  [low, high] = [-1, 1] as readonly [number, number],
): Given =>
  Object.fromEntries([
    ...values.map(({ op, shape }) => {
      const name = op.kind === 'input' ? op.name : ''
      return [
        name,
        Float64Array.from(fedWith(seed, name, shape), u => low + ((u + 1) / 2) * (high - low)),
      ] as const
    }),
    ['weighing', Float64Array.from(fedWith(seed, 'weighing', y.shape))] as const,
  ])

const one = (f: (x: Value) => Value, from: readonly [number, number] = [-1, 1]): readonly Example[] => [
  { inputs: [[2, 3]], build: (x = op.constant(0)) => f(x), from },
]

/** Equal shapes, both ways of stretching, a number beside a matrix. */
const two = (
  f: (a: Value, b: Value) => Value,
  from: readonly [number, number] = [-1, 1],
): readonly Example[] =>
  [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1],
      [4, 1, 3],
    ],
    [[], [2, 2]],
  ].map(inputs => ({ inputs, build: (a = op.constant(0), b = op.constant(0)) => f(a, b), from }))

const zero = op.constant(0)
const plainWindow = { stride: 1, dilation: 1, padding: 'same' as const }
const strided = { stride: 2, dilation: 1, padding: 1 }
const dilated = { stride: 1, dilation: 2, padding: 'valid' as const }
const symmetric = (x: Value): Value =>
  op.add(op.matmul(x, x, { transposeB: true }), op.input('identity', [3, 3]))

/** What passes a gradient, each by example; the type says that no rule is left out. */
type Silent =
  | 'input'
  | 'weight'
  | 'constant'
  | 'eye'
  | 'part'
  | 'sign'
  | 'greater'
  | 'largest'
  | 'stop'
  | 'allReduce'
  | 'convInput'
  | 'convKernel'
  | 'depthwiseInput'
  | 'depthwiseKernel'
  | 'batchNormGrad'
  | 'maxPoolGrad'
  | 'avgPoolGrad'
  | 'reluGrad'
  | 'relu6Grad'
  | 'assign'
  | 'average'
  | 'momentum'
  | 'adam'

const uneven = { stride: [2, 1], dilation: 1, padding: [0, 2, 1, 0] } as const
const windows = [plainWindow, strided, dilated, uneven]
const sides = [
  [3, 3],
  [1, 3],
]
const pools = [
  { size: 2, stride: 2, dilation: 1, padding: 'same' as const },
  { size: 3, stride: 2, dilation: 1, padding: 'valid' as const },
  { size: 3, stride: 1, dilation: 1, padding: 'same' as const },
  { size: [3, 2], stride: [1, 2], dilation: 1, padding: [2, 0, 1, 1] } as const,
]

const examples: { readonly [K in Exclude<Kind, Silent>]: readonly Example[] } = {
  conv: windows.flatMap(window =>
    sides.map(side => ({
      inputs: [
        [2, 5, 6, 2],
        [...side, 2, 3],
      ],
      build: (x: Value = zero, kernel: Value = zero) => op.conv(x, kernel, window),
    })),
  ),
  depthwise: windows.flatMap(window =>
    sides.map(side => ({
      inputs: [
        [2, 5, 6, 2],
        [...side, 2, 1],
      ],
      build: (x: Value = zero, kernel: Value = zero) => op.depthwise(x, kernel, window),
    })),
  ),
  matmul: [false, true].flatMap(transposeA =>
    [false, true].map(transposeB => ({
      inputs: [transposeA ? [3, 2] : [2, 3], transposeB ? [4, 3] : [3, 4]],
      build: (a = zero, b = zero) => op.matmul(a, b, { transposeA, transposeB }),
    })),
  ),
  batchNorm: [
    [4, 3],
    [2, 2, 3, 3],
  ].map(shape => ({
    inputs: [shape, [3], [3]],
    build: (x = zero, scale = zero, shift = zero) => op.batchNorm(x, scale, shift, 1e-3),
  })),
  normalise: [
    {
      inputs: [[2, 2, 2, 3], [3], [3]],
      build: (x = zero, scale = zero, shift = zero) =>
        op.normalise(
          x,
          scale,
          shift,
          op.broadcast(op.constant(0.3), [3]),
          op.broadcast(op.constant(0.7), [3]),
          1e-3,
        ),
    },
  ],
  maxPool: pools.map(window => ({ inputs: [[2, 5, 4, 2]], build: (x = zero) => op.maxPool(x, window) })),
  avgPool: pools.flatMap(window =>
    [false, true].map(counts => ({
      inputs: [[2, 5, 4, 2]],
      build: (x: Value = zero) => op.avgPool(x, window, counts),
    })),
  ),
  relu: one(op.relu),
  relu6: one(op.relu6, [-4, 10]),
  sigmoid: one(op.sigmoid, [-3, 3]),
  tanh: one(op.tanh, [-2, 2]),
  erf: one(op.erf, [-2, 2]),
  exp: one(op.exp),
  log: one(op.log, [0.5, 3]),
  sqrt: one(op.sqrt, [0.5, 3]),
  square: one(op.square),
  abs: one(op.abs),
  neg: one(op.neg),
  add: two(op.add),
  sub: two(op.sub),
  mul: two(op.mul),
  div: two(op.div, [0.5, 2]),
  minimum: two(op.minimum),
  maximum: two(op.maximum),
  sum: [[], [0], [1, 2], [0, 1, 2]].flatMap(axes =>
    [false, true].map(keep => ({ inputs: [[2, 3, 2]], build: (x = zero) => op.sum(x, axes, keep) })),
  ),
  reshape: one(x => op.square(op.reshape(x, [3, 2]))),
  broadcast: [
    { inputs: [[3]], build: (x = zero) => op.broadcast(x, [2, 3]) },
    { inputs: [[2, 1]], build: (x = zero) => op.broadcast(x, [2, 3]) },
    { inputs: [[]], build: (x = zero) => op.broadcast(x, [2, 3]) },
  ],
  concat: [
    {
      inputs: [
        [2, 1],
        [2, 3],
        [2, 2],
      ],
      build: (...values) => op.square(op.concat(values)),
    },
  ],
  slice: [0, 1, 2].map(from => ({ inputs: [[2, 4]], build: (x = zero) => op.slice(x, from, 2) })),
  shuffle: [2, 3].map(groups => ({
    inputs: [[2, 6]],
    build: (x = zero) => op.square(op.shuffle(x, groups)),
  })),
  softmax: one(op.softmax),
  crossEntropy: [
    {
      inputs: [[3, 4]],
      build: (x = zero) => op.crossEntropy(x, op.softmax(op.input('targets', [3, 4]))),
    },
  ],
  inverse: [{ inputs: [[3, 3]], build: (x = zero) => op.inverse(symmetric(x)) }],
}

const extra: Given = {
  identity: Float64Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]),
  targets: Float64Array.from(fedWith(3, 'targets', [3, 4])),
}

describe('where the two sides of an operation meet', () => {
  const kinks = {
    maximum: { ours: op.maximum, tfjs: tf.maximum, sides: [0.5, 0.5] },
    minimum: { ours: op.minimum, tfjs: tf.minimum, sides: [0.5, 0.5] },
    relu: { ours: op.relu, tfjs: tf.relu, sides: [0] },
    relu6: { ours: op.relu6, tfjs: tf.relu6, sides: [0] },
  } satisfies Record<
    string,
    { ours: (...x: never[]) => Value; tfjs: (...x: never[]) => tf.Tensor; sides: number[] }
  >

  test.each(Object.entries(kinks))(
    '%s: the gradient is that of tfjs, between the slopes of both sides',
    async (_, kink) => {
      await tf.setBackend('cpu')
      const { sides } = kink
      const ours = kink.ours as (...x: readonly Value[]) => Value // each takes as many as it has sides
      const tfjs = kink.tfjs as (...x: readonly tf.Tensor[]) => tf.Tensor // as above
      const sources = sides.map((__, nth) => op.input(`${nth}`, []))
      const y = ours(...sources)
      const given = (values: readonly number[]): Given =>
        Object.fromEntries(values.map((value, nth) => [`${nth}`, Float64Array.of(value)]))
      const of = (value: Value, values: readonly number[]): number =>
        total({ outputs: { loss: value }, updates: [] }, given(values))
      const slopes = differentiate()(y, sources).map(slope => of(slope, sides))
      expect(slopes).toEqual(
        tf
          .grads((...x) => tfjs(...x))(sides.map(side => tf.scalar(side)))
          .map(grad => grad.dataSync()[0]),
      )
      sides.forEach((side, nth) => {
        const towards = [-1e-6, 1e-6].map(h => (of(y, sides.with(nth, side + h)) - of(y, sides)) / h)
        expect(slopes[nth]).toBeGreaterThanOrEqual(Math.min(...towards) - 1e-6)
        expect(slopes[nth]).toBeLessThanOrEqual(Math.max(...towards) + 1e-6)
      })
      if (sides.length > 1) expect(slopes.reduce((a, b) => a + b)).toBe(1)
    },
  )
})

describe('each rule of the gradient is the finite difference', () => {
  test.each(Object.entries(examples))('%s', (_, each) => {
    for (const { inputs, build, from } of each) {
      const values = vectorNet('x', inputs)
      const y = build(...values)
      expect(discrepancy(values, y, { ...feedsOf(values, y, 7, from), ...extra })).toBeLessThan(1e-7)
    }
  })

  const window = fc.record({
    side: fc.tuple(fc.integer({ min: 3, max: 7 }), fc.integer({ min: 3, max: 7 })),
    size: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.constantFrom<Padding[]>('same', 'valid', 0, 1, 2),
    seed: fc.nat(),
  })
  const builders = {
    conv: (x: Value, kernel: Value, slides: Window) => op.conv(x, kernel, slides),
    depthwise: (x: Value, kernel: Value, slides: Window) => op.depthwise(x, kernel, slides),
    maxPool: (x: Value, _: Value, __: Window, pool: PoolWindow) => op.maxPool(x, pool),
    avgPool: (x: Value, _: Value, __: Window, pool: PoolWindow) => op.avgPool(x, pool),
  }
  test.each(['conv', 'depthwise', 'maxPool', 'avgPool'] as const)('%s, any window', kind => {
    fc.assert(
      fc.property(window, ({ side, size, stride, dilation, padding, seed }) => {
        const apart = kind === 'conv' || kind === 'depthwise' ? dilation : 1
        fc.pre(apart * (size - 1) + 1 <= Math.min(...side))
        const slides = { stride, dilation: apart, padding: size === 1 ? 'same' : padding }
        const x = op.input('x', [2, ...side, 2])
        const kernel = op.input('kernel', [size, size, 2, kind === 'conv' ? 3 : 1])
        const pool = { ...slides, size, padding: padding === 'same' ? padding : ('valid' as const) }
        const y = builders[kind](x, kernel, slides, pool)
        const sources = kind === 'conv' || kind === 'depthwise' ? [x, kernel] : [x]
        return discrepancy(sources, y, feedsOf([x, kernel], y, seed)) < 1e-7
      }),
      { numRuns: 25 },
    )
  })
})

test('what is not differentiable sends nothing back', () => {
  const x = op.input('x', [2, 3])
  const row = op.reshape(x, [6])
  for (const y of [op.sign(x), op.greater(x, 0), op.stopGradient(x), op.largest(row, 2)]) {
    const [slope] = differentiate()(op.sum(y), [x])
    expect([
      ...(evaluate({ outputs: { slope: slope ?? y }, updates: [] }, { x: new Float32Array(6).fill(2) }, {})
        .outputs.slope ?? []),
    ]).toEqual([0, 0, 0, 0, 0, 0])
  }
})

const batch = 3

const weightsOf = ({ weights }: Model): Given =>
  Object.fromEntries(Object.entries(weights).map(([key, { data }]) => [key, Float64Array.from(data)]))

/** Cross-entropy of a net over one batch, with softly labelled targets. */
const lossOf = (model: Model, mode: Mode) => {
  const { logits, weights, images } = lower({ batch, mode })(model)
  const targets = op.input('targets', logits.shape)
  return { loss: op.mean(op.crossEntropy(logits, op.softmax(targets))), weights, images }
}

describe('over whole random nets', () => {
  test.each(['training', 'inference'] as const)('the slope along any direction of the weights, %s', mode => {
    fc.assert(
      fc.property(arbitraryModel({ dropout: true }), fc.nat(), (model, seed) => {
        const { loss, weights, images } = lossOf(model, mode)
        const moved = [...weights].filter(([key]) => !/\/(mean|variance)$/.test(key))
        const sources = [...moved.map(([, value]) => value), images]
        const slopes = differentiate()(loss, sources)
        const graph: Graph = { outputs: { loss }, updates: [] }
        const feeds = Object.fromEntries(
          Object.entries(inputsOf(graph)).map(([name, shape]) => [
            name,
            Float64Array.from(fedWith(seed, name, shape)),
          ]),
        )
        const begun = weightsOf(model)
        const ways = Object.fromEntries(moved.map(([key, { shape }]) => [key, fedWith(seed + 1, key, shape)]))
        const along = (by: number): Given =>
          Object.fromEntries(
            Object.entries(begun).map(([key, data]) => [
              key,
              data.map((w, i) => w + by * (ways[key]?.[i] ?? 0)),
            ]),
          )
        const outputs = Object.fromEntries(slopes.map((slope, n) => [`${n}`, slope]))
        const got = evaluate({ outputs, updates: [] }, feeds, begun).outputs
        const rule = moved.reduce(
          (sum, [key], n) =>
            sum + (got[`${n}`] ?? new Float64Array()).reduce((s, g, i) => s + g * (ways[key]?.[i] ?? 0), 0),
          0,
        )
        const fits = (h: number): boolean => {
          const finite = (total(graph, feeds, along(h)) - total(graph, feeds, along(-h))) / (2 * h)
          return Math.abs(finite - rule) < 1e-5 * Math.max(1, Math.abs(finite))
        }
        expect([1e-6, 1e-7, 1e-8].some(fits)).toBe(true) // a longer step may cross a rectifier's kink
      }),
      { numRuns: 40 },
    )
  })
})

test('the deconvolution rules differ from the gradient at the rectifiers alone', () => {
  const differing = (Object.keys(gradient) as Kind[]).filter(kind => gradient[kind] !== deconvolution[kind])
  expect(differing).toEqual(['relu', 'relu6'])
  const x = op.input('x', [4])
  const seed = op.input('seed', [4])
  const feeds = { x: Float64Array.of(-1, 2, -3, 4), seed: Float64Array.of(5, 6, -7, -8) }
  const sent = (rules: typeof gradient) => {
    const [signal] = differentiate(rules)(op.relu(x), [x], seed)
    return [...(evaluate({ outputs: { signal: signal ?? x }, updates: [] }, feeds, {}).outputs.signal ?? [])]
  }
  expect(sent(gradient)).toEqual([0, 6, 0, -8])
  expect(sent(deconvolution)).toEqual([5, 6, 0, 0])
})
