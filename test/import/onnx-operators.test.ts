import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readOnnxModel } from '../../src/convert/onnx/import/read.js'
import { normals } from '../../src/net/random.js'
import type { Model } from '../../src/net/weights.js'
import {
  type FileOf,
  integers,
  type NodeOf,
  number,
  onnxFile,
  type TensorOf,
  weight,
} from '../support/onnx-file.js'
import { apart, inFolder, logitsOf, run, tolerance } from '../support/programs/exported.js'
import { answerTo, onnxRuntime, wantsOnnx } from '../support/programs/runtimes.js'

const [count, channels, height, width] = [2, 3, 6, 5]

const images = normals(1, 'images', count * channels * height * width, 1)

/** [n, h, w, c] as [n, c, h, w] */
const channelsFirst = (data: Float32Array): Float32Array =>
  data.map((_, i) => {
    const [c, pixel] = [Math.floor(i / (height * width)) % channels, i % (height * width)]
    const n = Math.floor(i / (channels * height * width))
    return data[(n * height * width + pixel) * channels + c] ?? 0
  })

const read = (bytes: Uint8Array): Promise<Model> =>
  inFolder(folder => {
    const file = join(folder, 'model.onnx')
    writeFileSync(file, bytes)
    return run(readOnnxModel(file))
  })

type Options = NonNullable<NodeOf['with']>

type Weights = Readonly<Record<string, TensorOf>>

/** Nodes, then a dense layer behind the mean of each of so many channels. */
const headed = (nodes: readonly NodeOf[], weights: Weights, features: number): FileOf => ({
  nodes: [
    ...nodes,
    { op: 'GlobalAveragePool', from: [`t${nodes.length}`] },
    { op: 'Flatten', from: [`t${nodes.length + 1}`] },
    { op: 'Gemm', from: [`t${nodes.length + 2}`, 'head', 'headBias'] },
  ],
  weights: { ...weights, head: weight(features, 4), headBias: weight(4) },
})

const positive = (...dims: readonly number[]): TensorOf => {
  const tensor = weight(...dims)
  return { ...tensor, floatData: (tensor.floatData ?? []).map(each => each + 1) }
}

const kernel = { w: weight(4, 3, 3, 3), b: weight(4) }

const one = (op: string, options: Options): FileOf => headed([{ op, from: ['x'], with: options }], {}, 3)

const convolved = (options: Options, w: TensorOf = kernel.w): FileOf =>
  headed([{ op: 'Conv', from: ['x', 'w'], with: options }], { w }, w.dims[0] ?? 0)

/** The nodes of (x − mean) / √(variance + ε) along an axis. */
const normed = (axis: number, from: string): readonly NodeOf[] => [
  { op: 'ReduceMean', from: [from], to: ['m'], with: { axes: [axis] } },
  { op: 'Sub', from: [from, 'm'], to: ['d'] },
  { op: 'Pow', from: ['d', 'two'], to: ['sq'] },
  { op: 'ReduceMean', from: ['sq'], to: ['v'], with: { axes: [axis] } },
  { op: 'Add', from: ['v', 'eps'], to: ['ve'] },
  { op: 'Sqrt', from: ['ve'], to: ['root'] },
  { op: 'Div', from: ['d', 'root'], to: ['q'] },
]

const cases: Readonly<Record<string, FileOf>> = {
  'a convolution with uneven pads, strides and sides': convolved(
    { strides: [2, 1], pads: [0, 2, 1, 0], kernel_shape: [3, 2] },
    weight(4, 3, 3, 2),
  ),
  SAME_UPPER: convolved({ auto_pad: 'SAME_UPPER', strides: [2, 2] }),
  SAME_LOWER: convolved({ auto_pad: 'SAME_LOWER', strides: [2, 2] }, weight(4, 3, 2, 2)),
  VALID: convolved({ auto_pad: 'VALID', dilations: [2, 2] }, weight(4, 3, 2, 2)),
  groups: convolved({ group: 3, pads: [1, 1, 1, 1] }, weight(6, 1, 3, 3)),
  'one filter a channel': convolved({ group: 3, pads: [1, 1, 1, 1] }, weight(3, 1, 3, 3)),
  'a norm behind a bias': headed(
    [
      { op: 'Conv', from: ['x', 'w', 'b'] },
      { op: 'BatchNormalization', from: ['t1', 'g', 's', 'm', 'v'], with: { epsilon: { float: 1e-3 } } },
    ],
    { ...kernel, g: weight(4), s: weight(4), m: weight(4), v: positive(4) },
    4,
  ),
  'a largest value with ceil_mode': one('MaxPool', {
    kernel_shape: [3, 2],
    strides: [2, 2],
    ceil_mode: 1,
    pads: [0, 1, 0, 0],
  }),
  'a mean with ceil_mode': one('AveragePool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
  'a mean that counts its padding': one('AveragePool', {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
    count_include_pad: 1,
  }),
  'a mean that does not': one('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  'a flattened map before a dense layer': {
    nodes: [
      { op: 'Conv', from: ['x', 'w', 'b'] },
      { op: 'Flatten', from: ['t1'] },
      { op: 'Gemm', from: ['t2', 'f', 'c'], with: { alpha: { float: 0.5 }, beta: { float: 2 }, transB: 1 } },
    ],
    weights: { ...kernel, f: weight(5, 48), c: weight(5) },
  },
  'a norm between the two': {
    nodes: [
      { op: 'Reshape', from: ['x', 'flat'] },
      { op: 'BatchNormalization', from: ['t1', 'g', 's', 'm', 'v'] },
      { op: 'MatMul', from: ['t2', 'f'] },
      { op: 'Add', from: ['c', 't3'] },
    ],
    weights: {
      ...{ flat: integers(0, -1), f: weight(90, 5), c: weight(5) },
      ...{ g: weight(90), s: weight(90), m: weight(90), v: positive(90) },
    },
  },
  'the shape of a reshape computed in the graph': {
    nodes: [
      { op: 'Shape', from: ['x'] },
      { op: 'Gather', from: ['t1', 'zero'] },
      { op: 'Concat', from: ['t2', 'rest'], with: { axis: 0 } },
      { op: 'Reshape', from: ['x', 't3'] },
      { op: 'Gemm', from: ['t4', 'f'] },
    ],
    weights: { zero: integers(0), rest: integers(-1), f: weight(90, 5) },
  },
  'channels last inside, as of TensorFlow': headed(
    [
      { op: 'Transpose', from: ['x'], with: { perm: [0, 2, 3, 1] } },
      { op: 'MatMul', from: ['t1', 'f'] },
      { op: 'Add', from: ['t2', 'c'] },
      { op: 'Relu', from: ['t3'] },
      { op: 'Transpose', from: ['t4'], with: { perm: [0, 3, 1, 2] } },
    ],
    { f: weight(3, 4), c: weight(4) },
    4,
  ),
  'a channel shuffle': headed(
    [
      { op: 'Conv', from: ['x', 'w', 'b'] },
      { op: 'Reshape', from: ['t1', 'split'] },
      { op: 'Transpose', from: ['t2'], with: { perm: [0, 2, 1, 3, 4] } },
      { op: 'Reshape', from: ['t3', 'joined'] },
      { op: 'Relu', from: ['t4'] },
    ],
    { w: weight(6, 3, 3, 3), b: weight(6), split: integers(2, 3, 2, 4, 3), joined: integers(2, 6, 4, 3) },
    6,
  ),
  'slices of channels, joined': headed(
    [
      { op: 'Split', from: ['x', 'sizes'], to: ['a', 'r'], with: { axis: 1 } },
      { op: 'Slice', from: ['x', 'from', 'to', 'axis'], to: ['s'] },
      { op: 'Gather', from: ['x', 'zero'], to: ['g'], with: { axis: 1 } },
      { op: 'Concat', from: ['r', 's', 'a', 'g'], to: ['joined'], with: { axis: 1 } },
      { op: 'Identity', from: ['joined'] },
    ],
    {
      ...{ sizes: integers(1, 2), from: integers(1), to: integers(2), axis: integers(1), zero: integers(0) },
    },
    5,
  ),
  'a gate of one factor a channel': headed(
    [
      { op: 'Relu', from: ['x'] },
      { op: 'ReduceMean', from: ['t1'], with: { axes: [2, 3] } },
      { op: 'Conv', from: ['t2', 'w', 'b'] },
      { op: 'HardSigmoid', from: ['t3'], with: { alpha: { float: 1 / 6 } } },
      { op: 'Mul', from: ['t4', 't1'] },
    ],
    { w: weight(3, 3, 1, 1), b: weight(3) },
    3,
  ),
  'a gate of one factor a value': headed(
    [
      { op: 'Conv', from: ['x', 'w'] },
      { op: 'Tanh', from: ['t1'] },
      { op: 'Mul', from: ['x', 't2'] },
    ],
    { w: weight(3, 3, 1, 1) },
    3,
  ),
  'a sum of three': headed(
    [
      { op: 'Conv', from: ['x', 'w'] },
      { op: 'Conv', from: ['x', 'v'] },
      { op: 'Sum', from: ['t1', 'x', 't2'] },
    ],
    { w: weight(3, 3, 1, 1), v: { ...weight(3, 3, 1, 1) } },
    3,
  ),
  'a weight that two layers share': headed(
    [
      { op: 'Conv', from: ['x', 'w'] },
      { op: 'Conv', from: ['t1', 'w'] },
    ],
    { w: weight(3, 3, 1, 1) },
    3,
  ),
  'a normaliser before the net': headed(
    [
      { op: 'Sub', from: ['x', 'mean'] },
      { op: 'Div', from: ['t1', 'deviation'] },
      { op: 'Conv', from: ['t2', 'w', 'b'], with: { pads: [1, 1, 1, 1] } },
    ],
    { ...kernel, mean: weight(1, 3, 1, 1), deviation: positive(1, 3, 1, 1) },
    4,
  ),
  'zeros before a convolution': headed(
    [
      { op: 'Pad', from: ['x', 'pads'] },
      { op: 'Conv', from: ['t1', 'w', 'b'], with: { strides: [2, 2] } },
    ],
    { ...kernel, pads: integers(0, 0, 1, 2, 0, 0, 0, 1) },
    4,
  ),
  'a batch norm as a factor and an addend': headed(
    [
      { op: 'Conv', from: ['x', 'w'] },
      { op: 'Mul', from: ['t1', 'factor'] },
      { op: 'Add', from: ['t2', 'addend'] },
      { op: 'Relu', from: ['t3'] },
    ],
    { w: kernel.w, factor: weight(4, 1, 1), addend: weight(4, 1, 1) },
    4,
  ),
  'a layer norm of operators': headed(
    [
      { op: 'Transpose', from: ['x'], with: { perm: [0, 2, 3, 1] }, to: ['last'] },
      ...normed(-1, 'last'),
      { op: 'Mul', from: ['q', 'g'], to: ['qg'] },
      { op: 'Add', from: ['qg', 's'], to: ['n'] },
      { op: 'Transpose', from: ['n'], with: { perm: [0, 3, 1, 2] }, to: ['t11'] },
    ],
    { g: weight(3), s: weight(3), two: number(2), eps: number(1e-6) },
    3,
  ),
  'a hard swish of operators': headed(
    [
      { op: 'Add', from: ['x', 'three'] },
      { op: 'Clip', from: ['t1', 'zero', 'six'] },
      { op: 'Mul', from: ['x', 't2'] },
      { op: 'Div', from: ['t3', 'six'] },
    ],
    { three: number(3), zero: number(0), six: number(6) },
    3,
  ),
  'a GELU of operators': headed(
    [
      { op: 'Div', from: ['x', 'root'] },
      { op: 'Erf', from: ['t1'] },
      { op: 'Add', from: ['t2', 'one'] },
      { op: 'Mul', from: ['x', 't3'] },
      { op: 'Mul', from: ['t4', 'half'] },
    ],
    { root: number(Math.SQRT2), one: number(1), half: number(0.5) },
    3,
  ),
  'slopes, one for all channels': headed(
    [
      { op: 'PRelu', from: ['x', 'slope'] },
      { op: 'LeakyRelu', from: ['t1'] },
      { op: 'Elu', from: ['t2'] },
    ],
    { slope: { dims: [1], dataType: 1, floatData: [0.25] } },
    3,
  ),
  'weights of other types': headed(
    [
      { op: 'Cast', from: ['half'], with: { to: 1 } },
      { op: 'Cast', from: ['double'], with: { to: 1 } },
      { op: 'Conv', from: ['x', 't1', 't2'] },
    ],
    {
      half: { dims: [2, 3, 1, 1], dataType: 10, int32Data: [0x3c00, 0xb800, 0x0001, 0x4248, 0x3555, 0x8000] },
      double: { dims: [2], dataType: 11, doubleData: [0.1, -0.2] },
    },
    2,
  ),
  'integers behind scales and zero points': headed(
    [
      { op: 'DequantizeLinear', from: ['w8', 'scales', 'zeros'], with: { axis: 0 } },
      { op: 'DequantizeLinear', from: ['b32', 'third'] },
      { op: 'Conv', from: ['x', 't1', 't2'] },
    ],
    {
      w8: { dims: [2, 3, 1, 1], dataType: 2, rawData: Uint8Array.of(0, 255, 130, 7, 128, 99) },
      scales: { dims: [2], dataType: 1, floatData: [0.02, 0.05] },
      zeros: { dims: [2], dataType: 2, rawData: Uint8Array.of(128, 100) },
      b32: { dims: [2], dataType: 6, int32Data: [-1, 200_000] },
      third: number(1e-5),
    },
    2,
  ),
  'log-probabilities': {
    nodes: [
      { op: 'GlobalMaxPool', from: ['x'] },
      { op: 'Squeeze', from: ['t1', 'axes'] },
      { op: 'MatMul', from: ['t2', 'f'] },
      { op: 'Dropout', from: ['t3'] },
    ],
    weights: { axes: integers(2, 3), f: weight(3, 5) },
  },
  'an older opset': {
    ...headed(
      [
        { op: 'Unsqueeze', from: ['x'], with: { axes: [0] } },
        { op: 'Squeeze', from: ['t1'], with: { axes: [0] } },
      ],
      {},
      3,
    ),
    opset: 11,
  },
}

describe.skipIf(onnxRuntime === null)(`an operator computes what it does in onnxruntime ${wantsOnnx}`, () => {
  test.for(Object.entries(cases))('%s', async ([, file]) => {
    const bytes = onnxFile(file)
    const [expected] = Object.values(await answerTo(bytes, 'x', channelsFirst(images), [2, 3, 6, 5]))
    const model = await read(bytes)
    expect(apart(expected?.data ?? [], logitsOf(model, images, count))).toBeLessThan(tolerance)
  })
})

test('a factor and an addend behind a convolution are its batch norm', async () => {
  const file = cases['a batch norm as a factor and an addend']
  const { net } = await read(onnxFile(file ?? { nodes: [] }))
  expect(net.body.layers[0]).toMatchObject({ _tag: 'conv', bias: false, norm: {}, activation: 'relu' })
})

test('the Swish of opset 24 is an activation', async () => {
  const nodes = [
    { op: 'Conv', from: ['x', 'w'] },
    { op: 'Swish', from: ['t1'] },
  ]
  const { net } = await read(onnxFile({ ...headed(nodes, { w: weight(4, 3, 1, 1) }, 4), opset: 24 }))
  expect(net.body.layers[0]).toMatchObject({ _tag: 'conv', activation: 'swish' })
})
