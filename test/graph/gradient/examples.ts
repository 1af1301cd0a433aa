/** Examples of each operation, and how its gradient is checked. */
import type { Graph, Kind, Value } from '../../../src/graph/graph.js'
import * as op from '../../../src/graph/operations.js'
import type { Shape } from '../../../src/net/shape.js'
import { evaluate, type Given } from '../../support/nets/reference.js'

export const total = (graph: Graph, feeds: Given, weights: Given = {}): number =>
  evaluate(graph, feeds, weights).outputs.loss?.[0] ?? Number.NaN

export interface Example {
  readonly inputs: readonly Shape[]
  readonly build: (...inputs: Value[]) => Value
  /** Where the inputs lie; by default in [−1, 1). */
  readonly from?: readonly [low: number, high: number]
}

export const one = (
  f: (x: Value) => Value,
  from: readonly [number, number] = [-1, 1],
): readonly Example[] => [{ inputs: [[2, 3]], build: (x = op.constant(0)) => f(x), from }]

/** Equal shapes, both ways of stretching, a number beside a matrix. */
export const two = (
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

export const zero = op.constant(0)

export const plainWindow = { stride: 1, dilation: 1, padding: 'same' as const }

export const strided = { stride: 2, dilation: 1, padding: 1 }

export const dilated = { stride: 1, dilation: 2, padding: 'valid' as const }

export const symmetric = (x: Value): Value =>
  op.add(op.matmul(x, x, { transposeB: true }), op.input('identity', [3, 3]))

/** What passes a gradient, each by example; the type says that no rule is left out. */
export type Silent =
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

export const uneven = { stride: [2, 1], dilation: 1, padding: [0, 2, 1, 0] } as const

export const windows = [plainWindow, strided, dilated, uneven]

export const sides = [
  [3, 3],
  [1, 3],
]

export const pools = [
  { size: 2, stride: 2, dilation: 1, padding: 'same' as const },
  { size: 3, stride: 2, dilation: 1, padding: 'valid' as const },
  { size: 3, stride: 1, dilation: 1, padding: 'same' as const },
  { size: [3, 2], stride: [1, 2], dilation: 1, padding: [2, 0, 1, 1] } as const,
]

export const examples: { readonly [K in Exclude<Kind, Silent>]: readonly Example[] } = {
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
