/** Each operation by example, windows of any kind, and what a session is fed and begun with: what every engine is tested on. */
import * as fc from 'fast-check'
import {
  type Graph,
  inputsOf,
  type Kind,
  type Program,
  type Value,
  variablesOf,
} from '../../../src/graph/graph.js'
import * as op from '../../../src/graph/operations.js'
import type { Shape } from '../../../src/net/shape.js'
import type { Extent, Padding } from '../../../src/net/tree.js'
import type { Weights } from '../../../src/net/weights.js'
import { type Sides, sidesOf } from '../../../src/net/window.js'
import { fedWith } from './arbitrary.js'

/** In [low, high) instead of [−1, 1). */
const within = (low: number, high: number, x: Value): Value =>
  op.add(op.mul(op.add(x, 1), (high - low) / 2), low)

export const matrix = op.input('matrix', [3, 4])
export const row = op.input('row', [4])
const scale = op.input('scale', [4])
const rate = within(0.01, 0.1, op.input('rate', []))
const power = within(0.5, 0.9, op.input('power', []))
export const map = op.input('map', [2, 6, 5, 4])
const signal = op.input('signal', [2, 6, 5, 4])
const filters = op.input('filters', [3, 3, 4, 5])
const filter = op.input('filter', [3, 3, 4, 1])
export const same = { stride: 1, dilation: 1, padding: 'same' } as const
const normed = op.batchNorm(map, scale, row, 1e-3)
const normedRows = op.batchNorm(matrix, scale, row, 1e-3)
const positive = within(0.5, 2, matrix)
const symmetric = op.add(op.matmul(matrix, matrix, { transposeB: true }), op.eye(3))

const parts = (value: Value, count: number): readonly Value[] =>
  Array.from({ length: count }, (_, nth) => op.splitPart(nth + 1, value, scale.shape))

const backOf = (x: Value, norm: Value): readonly Value[] => {
  const back = op.batchNormGrad(op.input('signal', x.shape), x, scale, norm, 1e-3)
  return [back, ...parts(back, 2)]
}

const pools = [
  { size: 2, stride: 2, dilation: 1, padding: 'same' },
  { size: 3, stride: 1, dilation: 1, padding: 'same' },
  { size: 3, stride: 2, dilation: 1, padding: 'valid' },
  { size: [3, 2], stride: [1, 2], dilation: 1, padding: [2, 0, 1, 1] },
] as const

const counting = [false, true] as const

const convolved = op.conv(map, filters, same)
const channelwise = op.depthwise(map, filter, same)
const losses = op.crossEntropy(matrix, op.softmax(op.input('targets', [3, 4])))

/** The type says that none is left out. */
export const examples: { readonly [K in Kind]: readonly Value[] } = {
  input: [matrix],
  weight: [op.weight('w', [3, 4])],
  constant: [op.constant(-1.5)],
  eye: [op.eye(3)],
  part: [...parts(normed, 2), ...parts(normedRows, 2), op.splitPart(1, losses, [3, 4])],
  conv: [convolved],
  convInput: [op.convInput(op.input('dy', convolved.shape), filters, map, same)],
  convKernel: [op.convKernel(op.input('dy', convolved.shape), map, filters, same)],
  depthwise: [channelwise],
  depthwiseInput: [op.depthwiseInput(signal, filter, map, same)],
  depthwiseKernel: [op.depthwiseKernel(signal, map, filter, same)],
  matmul: [false, true].flatMap(transposeA =>
    [false, true].map(transposeB =>
      op.matmul(op.input('a', transposeA ? [3, 2] : [2, 3]), op.input('b', transposeB ? [4, 3] : [3, 4]), {
        transposeA,
        transposeB,
      }),
    ),
  ),
  batchNorm: [normed, normedRows],
  batchNormGrad: [...backOf(map, normed), ...backOf(matrix, normedRows)],
  normalise: [map, matrix].map(x => op.normalise(x, scale, row, row, within(0.5, 2, scale), 1e-3)),
  maxPool: pools.map(pool => op.maxPool(map, pool)),
  avgPool: counting.flatMap(counts => pools.map(pool => op.avgPool(map, pool, counts))),
  maxPoolGrad: pools.map(pool => {
    const y = op.maxPool(map, pool)
    return op.maxPoolGrad(op.input('dy', y.shape), map, y, pool)
  }),
  avgPoolGrad: counting.flatMap(counts =>
    pools.map(pool => op.avgPoolGrad(op.input('dy', op.avgPool(map, pool).shape), map, pool, counts)),
  ),
  relu: [op.relu(matrix)],
  relu6: [op.relu6(op.mul(matrix, 10))],
  sigmoid: [op.sigmoid(matrix)],
  tanh: [op.tanh(matrix)],
  erf: [op.erf(matrix), op.erf(op.mul(matrix, 6)), op.erf(op.mul(matrix, 100))],
  exp: [op.exp(matrix)],
  log: [op.log(positive)],
  sqrt: [op.sqrt(positive)],
  square: [op.square(matrix)],
  abs: [op.abs(matrix)],
  sign: [op.sign(matrix), op.sign(op.mul(matrix, 0))],
  neg: [op.neg(matrix)],
  reluGrad: [op.reluGrad(op.input('dy', [3, 4]), op.relu(matrix))],
  relu6Grad: [op.relu6Grad(op.input('dy', [3, 4]), op.relu6(op.mul(matrix, 10)))],
  add: [op.add(matrix, row), op.add(row, matrix), op.add(map, row), op.add(matrix, 2), op.add(map, signal)],
  sub: [op.sub(matrix, row), op.sub(1, matrix)],
  mul: [
    op.mul(matrix, row),
    op.mul(op.input('column', [3, 1]), matrix),
    op.mul(op.input('a', [2, 6, 5, 1]), op.input('b', [2, 1, 5, 4])),
    op.mul(op.input('c', [2, 1, 5, 1]), op.input('d', [6, 1, 4])),
    op.mul(op.input('e', [7, 1]), op.input('f', [1, 9])),
  ],
  div: [op.div(matrix, positive), op.div(1, positive)],
  minimum: [op.minimum(matrix, row)],
  maximum: [op.maximum(matrix, 0.25)],
  greater: [op.greater(matrix, row), op.greater(matrix, matrix)],
  sum: [
    op.sum(row, []),
    op.sum(op.input('long', [3000, 5]), [0]),
    op.sum(op.input('longer', [7001])),
    op.mean(op.input('deep', [3, 1500, 6]), [1]),
    ...[[], [0], [1], [0, 1, 2], [1, 2], [0, 2], [1, 3], [0, 1, 2, 3], [3]].flatMap(axes =>
      [false, true].map(keep => op.sum(map, axes, keep)),
    ),
  ],
  reshape: [op.reshape(matrix, [12]), op.reshape(matrix, [3, 2, 2]), op.reshape(matrix, [2, 6])],
  broadcast: [
    op.broadcast(op.input('column', [3, 1]), [2, 3, 4]),
    op.broadcast(op.input('pillar', [2, 1, 3, 1]), [2, 5, 3, 7]),
    op.broadcast(row, [3, 4]),
    op.broadcast(op.constant(2), [2, 3]),
    op.broadcast(matrix, [3, 4]),
  ],
  concat: [op.concat([matrix, op.input('column', [3, 1]), matrix]), op.concat([map])],
  slice: [op.slice(map, 1, 2), op.slice(matrix, 0, 4), op.slice(row, 3, 1)],
  shuffle: [
    op.shuffle(map, 2),
    op.shuffle(matrix, 4),
    op.shuffle(op.input('twelve', [2, 3, 3, 12]), 3),
  ].concat(op.shuffle(op.input('many', [2, 3, 3, 12]), 6)),
  softmax: [op.softmax(matrix), op.softmax(op.mul(matrix, 100))],
  crossEntropy: [losses],
  inverse: [op.inverse(symmetric)],
  largest: [1, 3, 4].map(count => op.largest(row, count)),
  stop: [op.stopGradient(matrix)],
  allReduce: [op.allReduce(matrix, { workers: 1, key: 1 })],
  assign: [op.assign('w', matrix)],
  average: [op.average('w', matrix, 0.9)],
  momentum: [false, true].map(nesterov => op.momentum('w', matrix, rate, { momentum: 0.9, nesterov })),
  adam: [op.adam('w', matrix, rate, [power, power], { beta1: 0.9, beta2: 0.99, epsilon: 1e-4 })],
}

/** Mostly few, so that runs are short; many where kernels go by blocks, strips and groups. */
const fewOrMany = (few: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: few }) },
    { weight: 1, arbitrary: fc.integer({ min: few + 1, max: 70 }) },
  )

const sideFrom = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }))
const side = sideFrom(5, 9)
const padding = fc.constantFrom<Padding[]>('same', 'valid', 0, 1, 2, [0, 1, 0, 1], [2, 0, 1, 0])

/** Of both sides alike, or of each. */
const extent: fc.Arbitrary<Extent> = fc.oneof<fc.MaybeWeightedArbitrary<Extent>[]>(
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  },
)

/** Not only as many as one group of a kernel holds. */
const images = fc.integer({ min: 1, max: 5 })

const windowWith = (channels: fc.Arbitrary<number>, filters: fc.Arbitrary<number>) =>
  fc.record({
    images,
    side,
    size: extent,
    stride: extent,
    dilation: fc.integer({ min: 1, max: 2 }),
    padding,
    channels,
    filters,
  })

/** A map with few channels, and what slides over it. */
export const smallWindow = windowWith(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 13 }))

/** Of 3×3 without stride or dilation, which some engines compute in tiles, of small maps by smaller ones. */
const tiledWindow = fc.record({
  images,
  side: sideFrom(3, 10),
  size: fc.constant<Extent>(3),
  stride: fc.constant<Extent>(1),
  dilation: fc.constant(1),
  padding,
  channels: fc.integer({ min: 8, max: 70 }),
  filters: fc.integer({ min: 8, max: 70 }),
})

/** The same with few channels or many. */
export const arbitraryWindow = fc.oneof(
  { weight: 2, arbitrary: windowWith(fewOrMany(9), fewOrMany(13)) },
  { weight: 1, arbitrary: tiledWindow },
)

export type DrawnWindow = typeof smallWindow extends fc.Arbitrary<infer A> ? A : never

/** Padding within which every window of a pool holds a value. */
const narrower = (padding: Padding, [high, wide]: Sides): Padding => {
  if (typeof padding === 'string') return padding
  const most = typeof padding === 'number' ? [padding, padding, padding, padding] : padding
  const [top = 0, bottom = 0, left = 0, right = 0] = most.map((end, nth) =>
    Math.min(end, (nth < 2 ? high : wide) - 1),
  )
  return [top, bottom, left, right]
}

/** Every operation of a window, forward and back, each over inputs alone, whose names begin with `prefix`. */
export const windowsOf = (
  { images, side, size, stride, dilation, padding, channels, filters }: DrawnWindow,
  prefix = '',
) => {
  const input = (name: string, shape: Shape): Value => op.input(`${prefix}${name}`, shape)
  const slides = { stride, dilation, padding }
  const [high, wide] = sidesOf(size)
  const pool = { size, stride, dilation: 1, padding: narrower(padding, [high, wide]) }
  const x = input('x', [images, ...side, channels])
  const kernel = input('kernel', [high, wide, channels, filters])
  const thin = input('thin', [high, wide, channels, 1])
  const back = (name: string, y: Value) => input(name, y.shape)
  const [full, one] = [op.conv(x, kernel, slides), op.depthwise(x, thin, slides)]
  const [top, middle, whole] = [op.maxPool(x, pool), op.avgPool(x, pool), op.avgPool(x, pool, true)]
  return {
    full,
    one,
    top,
    middle,
    whole,
    fullX: op.convInput(back('dfull', full), kernel, x, slides),
    fullK: op.convKernel(back('dfull', full), x, kernel, slides),
    oneX: op.depthwiseInput(back('done', one), thin, x, slides),
    oneK: op.depthwiseKernel(back('done', one), x, thin, slides),
    topX: op.maxPoolGrad(back('dtop', top), x, top, pool),
    middleX: op.avgPoolGrad(back('dtop', top), x, pool),
    wholeX: op.avgPoolGrad(back('dtop', top), x, pool, true),
  }
}

/** A map that norms read in several chunks where its channels are many. */
export const arbitraryNorm = fc.record({
  side: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 9 })),
  channels: fewOrMany(9),
})

/** Every norm, forward and back, rectified and not. */
export const normsOf = ({
  side,
  channels,
}: {
  readonly side: readonly number[]
  readonly channels: number
}) => {
  const x = op.input('x', [2, ...side, channels])
  const [gain, bias] = [op.input('gain', [channels]), op.input('bias', [channels])]
  const variance = within(0.5, 2, op.input('variance', [channels]))
  const norm = op.batchNorm(x, gain, bias, 1e-3)
  const fixed = op.normalise(x, gain, bias, bias, variance, 1e-3)
  const dy = op.input('dy', x.shape)
  const back = (signal: Value) => op.batchNormGrad(signal, x, gain, norm, 1e-3)
  return {
    mean: op.splitPart(1, norm, [channels]),
    variance: op.splitPart(2, norm, [channels]),
    fixed,
    rectified: op.relu(norm),
    fixedAndRectified: op.relu(fixed),
    back: back(dy),
    gains: op.splitPart(1, back(dy), [channels]),
    biases: op.splitPart(2, back(dy), [channels]),
    backOfRectified: back(op.reluGrad(dy, op.relu(norm))),
    total: op.sum(x, [0, 1, 2]),
    map: op.sum(x, [3]),
  }
}

const updating: readonly Kind[] = ['assign', 'average', 'momentum', 'adam']

/** A value told, and made true where it changes a variable. */
export const told = (y: Value): Graph => ({
  outputs: { y },
  updates: updating.includes(y.op.kind) ? [y] : [],
})

export const feedsOf = (graph: Graph, seed = 1) =>
  Object.fromEntries(
    Object.entries(inputsOf(graph)).map(([name, shape]) => [name, fedWith(seed, name, shape)]),
  )

export const begunOf = (program: Program, seed = 2): Weights =>
  Object.fromEntries(
    Object.entries(variablesOf(program)).map(([name, shape]) => [
      name,
      { shape, data: fedWith(seed, name, shape).map(name.endsWith('second') ? Math.abs : value => value) },
    ]),
  )

export const dataOf = (weights: Weights) =>
  Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data]))

/** A convolution, a batch norm and a weight that learns. */
export const learning = (): Program & { readonly go: Graph } => {
  const kernel = op.weight('kernel', [3, 3, 4, 8])
  const y = op.relu(
    op.batchNorm(op.conv(map, kernel, same), op.weight('scale', [8]), op.weight('shift', [8]), 1e-3),
  )
  const slope = op.convKernel(y, map, kernel, same)
  return {
    go: {
      outputs: { loss: op.sum(y) },
      updates: [op.momentum('kernel', slope, op.constant(1e-3), { momentum: 0.9, nesterov: true })],
    },
  }
}
