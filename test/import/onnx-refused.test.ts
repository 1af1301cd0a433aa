import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importModel } from '../../src/convert/import.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import {
  type FileOf,
  integers,
  type NodeOf,
  number,
  onnxFile,
  type TensorOf,
  weight,
} from '../support/onnx-file.js'
import { inFolder, left, run } from '../support/programs/exported.js'

/** Nodes and then a head of two classes. */
const headed = (nodes: readonly NodeOf[], weights: FileOf['weights'] = {}, features = 3): FileOf => ({
  nodes: [
    ...nodes,
    { op: 'GlobalAveragePool', from: [`t${nodes.length}`] },
    { op: 'Flatten', from: [`t${nodes.length + 1}`] },
    { op: 'Gemm', from: [`t${nodes.length + 2}`, 'head'] },
  ],
  weights: { ...weights, head: weight(features, 2) },
})

const conv: NodeOf = { op: 'Conv', from: ['x', 'w'], name: 'stem' }

const convOf = (w: TensorOf, options: NodeOf['with'] = {}): FileOf =>
  headed([{ ...conv, with: options }], { w }, 4)

const plain = convOf(weight(4, 3, 1, 1))

const external = (location: string, length = 48): TensorOf => ({
  dims: [4, 3, 1, 1],
  dataType: 1,
  dataLocation: 1,
  externalData: [
    { key: 'location', value: location },
    { key: 'offset', value: '4' },
    { key: 'length', value: `${length}` },
  ],
})

/** What the import of a file says, in a folder with a weight file of 52 bytes. */
const said = (bytes: Uint8Array): Promise<string> =>
  inFolder(async folder => {
    const home = join(folder, 'home')
    mkdirSync(home)
    writeFileSync(join(home, 'weights.bin'), new Uint8Array(52))
    writeFileSync(join(folder, 'outside.bin'), new Uint8Array(52))
    symlinkSync(join(folder, 'outside.bin'), join(home, 'link.bin'))
    const file = join(home, 'model.onnx')
    writeFileSync(file, bytes)
    return renderMessage(left(await importModel(file)())).replaceAll(dirname(file), 'HOME')
  })

const huge = 2 ** 40

const refused: Readonly<Record<string, readonly [FileOf, ...said: readonly string[]]>> = {
  'a cycle': [
    headed([
      { op: 'Add', from: ['x', 'back'], name: 'first' },
      { op: 'Relu', from: ['t1'], to: ['back'], name: 'second' },
      { op: 'Identity', from: ['back'] },
    ]),
    'layer first (Add), input back: expected an initializer, or an output of a node before, got the output of a node behind it',
  ],
  'a weight that is missing': [
    headed([conv], {}, 4),
    'layer stem (Conv), input w: expected an initializer, or an output of a node before, got a name that nothing has',
  ],
  'an opset that is too old': [
    { ...plain, opset: 10 },
    'opset_import: expected an opset from 11 to 28, got 10; try exporting the model again, with opset_version=18 for torch.onnx.export or --opset 18 for tf2onnx',
  ],
  'an opset that is too new': [
    { ...plain, opset: 29 },
    'opset_import: expected an opset from 11 to 28, got 29; try exporting the model again, with opset_version=18 ',
  ],
  'a swish of another slope': [
    { ...headed([{ op: 'Swish', from: ['x'], name: 'act', with: { alpha: { float: 1.5 } } }]), opset: 24 },
    'layer act (Swish), alpha: expected 1, got 1.5; try ',
  ],
  'weights of a type of newer opsets': [
    convOf({ ...weight(4, 3, 1, 1), dataType: 24 }),
    'tensor w, data_type: expected one of float32, uint8, int8, int32, int64, bool, float16, float64, got float8e8m0; try ',
  ],
  'an operator that is not known': [
    headed([{ op: 'Resize', from: ['x'], name: 'up' }]),
    'node up: expected a supported operator, got Resize; try one of Add, AveragePool, ',
  ],
  'an operator of others': [
    headed([{ op: 'Relu', from: ['x'], name: 'fused', domain: 'com.microsoft' }]),
    'node fused: expected a supported operator, got com.microsoft.Relu',
  ],
  'an operator called like what every object has': [
    headed([{ op: 'toString', from: ['x'] }]),
    'expected a supported operator, got toString',
  ],
  'a height that is open': [
    { ...plain, input: ['n', 3, 'height', 5] },
    'tensor x, shape: expected images of one size: a fixed height, width and number of channels, got n × 3 × height × 5; try ',
  ],
  'images without channels': [
    { ...plain, input: [1, 6, 5] },
    'tensor x, shape: expected [n, channels, height, width]',
  ],
  'an absurd input': [{ ...plain, input: [1, 3, huge, huge] }, 'tensor x, shape: expected at most '],
  'an absurd weight': [
    convOf({ dims: [huge, 3, 1, 1], dataType: 1 }),
    'tensor w, dims: expected at most 1,073,741,824 values, got 1099511627776 × 3 × 1 × 1; try ',
  ],
  'a weight of negative size': [
    convOf({ dims: [-4, 3, 1, 1], dataType: 1 }),
    'tensor w, dims: expected whole numbers from 0 on, got -4 × 3 × 1 × 1; try ',
  ],
  'a weight with too few numbers': [
    convOf({ ...weight(4, 3, 1, 1), dims: [4, 3, 2, 1] }),
    'tensor w, values: expected 24 for 4 × 3 × 2 × 1, got 12; try ',
  ],
  'a weight with too few bytes': [
    convOf({ dims: [4, 3, 1, 1], dataType: 1, rawData: new Uint8Array(47) }),
    'tensor w, raw_data: expected 48 bytes for 4 × 3 × 1 × 1, got 47; try ',
  ],
  'a quantised weight': [
    convOf({ dims: [4, 3, 1, 1], dataType: 3, rawData: new Uint8Array(12) }),
    'layer stem (Conv), input 1: expected floating-point numbers, got integers; ',
  ],
  'a weight in bfloat16': [
    convOf({ dims: [4, 3, 1, 1], dataType: 16, rawData: new Uint8Array(24) }),
    'float16, float64, got bfloat16; try ',
  ],
  'a weight of other bits': [
    convOf({ dims: [4, 3, 1, 1], dataType: 22, rawData: new Uint8Array(6) }),
    'tensor w, data_type: expected one of float32, uint8, int8, int32, int64, bool, float16, float64, got int4; try ',
  ],
  'a rounding that is undone by other numbers': [
    headed(
      [
        { op: 'QuantizeLinear', from: ['x', 'one'] },
        { op: 'DequantizeLinear', from: ['t1', 'two'], name: 'undo' },
      ],
      { one: number(1), two: number(2) },
    ),
    'layer undo (DequantizeLinear), scale: expected 1, as the QuantizeLinear before has it, got 2; ',
  ],
  'a rounded value that something else reads': [
    headed(
      [
        { op: 'QuantizeLinear', from: ['x', 'one'], name: 'round' },
        { op: 'Relu', from: ['t1'] },
      ],
      {
        one: number(1),
      },
    ),
    'layer round (QuantizeLinear), output 0: expected a DequantizeLinear behind it, got another operator; ',
  ],
  'scales of other channels': [
    headed(
      [
        { op: 'DequantizeLinear', from: ['w8', 'scales'], with: { axis: 0 }, name: 'floats' },
        { op: 'Conv', from: ['x', 't1'] },
      ],
      { w8: { dims: [4, 3, 1, 1], dataType: 3, rawData: new Uint8Array(12) }, scales: weight(3) },
      4,
    ),
    'layer floats (DequantizeLinear), input 1: expected one number, or 4, got 3; ',
  ],
  'a weight that is no number': [
    convOf({ ...weight(4, 3, 1, 1), floatData: [...Array<number>(11).fill(1), Number.NaN] }),
    'layer stem (Conv), kernel: expected finite numbers, got NaN',
  ],
  'weights outside the folder': [
    convOf(external('../outside.bin')),
    'HOME: expected weight files inside it, got ../outside.bin; try ',
  ],
  'weights behind a link': [
    convOf(external('link.bin')),
    'HOME: expected weight files inside it, got link.bin; try ',
  ],
  'weights in an absolute place': [convOf(external('/etc/passwd')), 'HOME: expected weight files inside it'],
  'weights behind the end of their file': [
    convOf({
      ...external('weights.bin'),
      externalData: [
        { key: 'location', value: 'weights.bin' },
        { key: 'offset', value: '8' },
      ],
    }),
    'tensor w, external_data: expected bytes 8 to 56, got a file of 52; try ',
  ],
  'weights of another length': [
    convOf(external('weights.bin', 44)),
    'tensor w, external_data length: expected 48 bytes for 4 × 3 × 1 × 1, got 44; try ',
  ],
  'weights at no place': [
    convOf({
      ...external('weights.bin'),
      externalData: [
        { key: 'location', value: 'weights.bin' },
        { key: 'offset', value: '-4' },
      ],
    }),
    'tensor w, external_data offset: expected a whole number ≥ 0, got -4; try ',
  ],
  'a kernel of other channels': [
    convOf(weight(4, 2, 1, 1)),
    'layer stem (Conv), input 1: expected a kernel of [filters, 3 / 1, height, width], filters in 1 groups, got 4 × 2 × 1 × 1',
  ],
  'negative pads': [
    convOf(weight(4, 3, 1, 1), { pads: [-1, 0, 0, 0] }),
    'layer stem (Conv), pads: expected four whole numbers ≥ 0, got -1,0,0,0',
  ],
  'a stride of none': [
    convOf(weight(4, 3, 1, 1), { strides: [0, 1] }),
    'layer stem (Conv), strides: expected two whole numbers > 0, got 0,1',
  ],
  'a window larger than its map': [convOf(weight(4, 3, 9, 9)), 'stem', '9'],
  'two dilations': [
    convOf(weight(4, 3, 3, 3), { dilations: [1, 2] }),
    'layer stem (Conv), dilations: expected one for both sides, got 1,2',
  ],
  'another slope of a hard sigmoid': [
    headed([{ op: 'HardSigmoid', from: ['x'], name: 'h' }]),
    'layer h (HardSigmoid), alpha: expected 0.1666667, got 0.2',
  ],
  'bounds of a clip': [
    headed([{ op: 'Clip', from: ['x', 'low'], name: 'c' }], { low: number(-1) }),
    'layer c (Clip), bounds: expected 0 and 6, or 0 and none, got -1 and Infinity',
  ],
  'a softmax inside': [
    headed([
      { op: 'Softmax', from: ['x'], name: 's', with: { axis: 1 } },
      { op: 'Relu', from: ['t1'] },
    ]),
    'layer s (Softmax), place: expected the end of the model, got a softmax inside it, over 2 × 3 × 6 × 5',
  ],
  'a crop': [
    headed([{ op: 'Slice', from: ['x', 'from', 'to', 'axis'], name: 'crop' }], {
      from: integers(1),
      to: integers(3),
      axis: integers(2),
    }),
    'layer crop (Slice), axis: expected channels of 2 × 3 × 6 × 5, got 2 from 1 along 2',
  ],
  'fewer ends than starts': [
    headed([{ op: 'Slice', from: ['x', 'from', 'to', 'axis'], name: 'crop' }], {
      from: integers(0, 0),
      to: integers(3),
      axis: integers(1, 2),
    }),
    'layer crop (Slice), starts and ends: expected 2 numbers, got 2 and 1',
  ],
  'fewer pads than sides': [
    headed(
      [
        { op: 'Pad', from: ['x', 'pads'], name: 'pad' },
        { op: 'Conv', from: ['t1', 'w'] },
      ],
      { pads: integers(0, 0, 1, 1), w: weight(4, 3, 3, 3) },
      4,
    ),
    'layer pad (Pad), pads: expected 8 numbers, got 4',
  ],
  'a constant as large as memory': [
    headed(
      [
        { op: 'ConstantOfShape', from: ['big'], name: 'zeros' },
        { op: 'Add', from: ['x', 't1'] },
      ],
      {
        big: integers(2 ** 30, 2 ** 20),
      },
    ),
    'layer zeros (ConstantOfShape), output: expected at most 65,536 values, got 1073741824 × 1048576',
  ],
  'channels doubled without end': [
    headed(
      Array.from({ length: 40 }, (_, nth): NodeOf => {
        const from = nth === 0 ? 'x' : `t${nth}`
        return { op: 'Concat', from: [from, from], with: { axis: 1 }, name: `double${nth}` }
      }),
    ),
    'layer double22 (Concat), inputs: expected at most 16777216 channels, got 25165824',
  ],
  'a product of two branches': [
    headed(
      [
        { op: 'Conv', from: ['x', 'w'] },
        { op: 'Conv', from: ['x', 'v'] },
        { op: 'Mul', from: ['t1', 't2'], name: 'product' },
      ],
      { w: weight(3, 3, 1, 1), v: weight(3, 3, 1, 1) },
    ),
    'layer product (Mul), inputs: expected a value and what a branch makes of it, got two branches',
  ],
  'a map at the end': [
    { nodes: [{ op: 'Relu', from: ['x'], name: 'r' }] },
    'layer t1 (Output), shape: expected one number a class, got 2 × 3 × 6 × 5',
  ],
  'two inputs': [
    { ...plain, nodes: plain.nodes, outputs: ['t1', 't4'] },
    'expected a model of one output, got t1, t4; try ',
  ],
  'an output that nothing gives': [
    { ...plain, outputs: ['nothing'] },
    'tensor nothing, output of the model: expected a tensor that a node gives, got a name that nothing has; try ',
  ],
}

describe('an ONNX file that cannot be imported is refused in one line', () => {
  test.for(Object.entries(refused))('%s', async ([, [file, ...expected]]) => {
    const line = await said(onnxFile(file))
    for (const part of expected) expect(line).toContain(part)
    expect(line).not.toContain('\n')
    expect(line.length).toBeLessThan(700)
  })

  test('bytes that are no model', async () => {
    expect(await said(new TextEncoder().encode('hello, world'))).toContain('expected a whole ONNX model')
    const whole = onnxFile(plain)
    expect(await said(whole.subarray(0, whole.length - 9))).toContain('expected a whole ONNX model')
    expect(await said(new Uint8Array())).toContain(
      'opset_import: expected an opset from 11 to 28, got none; try ',
    )
  })

  test('names of any length and any letters stay in one line', async () => {
    const name = `a\n${'b'.repeat(100_000)}`
    const line = await said(onnxFile(headed([{ op: 'Resize', from: ['x'], name }])))
    expect(line).toMatch(/^node a b{118}…: expected a supported operator, got Resize/)
  })

  test('a long series is read in time with its length', async () => {
    const nodes = Array.from(
      { length: 20_000 },
      (_, nth): NodeOf => ({
        op: 'Sigmoid',
        from: [nth === 0 ? 'x' : `t${nth}`],
      }),
    )
    await inFolder(async folder => {
      writeFileSync(join(folder, 'long.onnx'), onnxFile(headed(nodes)))
      const before = process.cpuUsage()
      await run(importModel(join(folder, 'long.onnx')))
      const { user } = process.cpuUsage(before)
      expect(user / 1e6).toBeLessThan(8) // seconds: 2 as it is, 10 where each layer copies the list
    })
  })

  test('a graph of many branches that share what they copy is refused, not copied', async () => {
    const nodes = Array.from({ length: 60 }, (_, nth): NodeOf => {
      const from = nth < 2 ? 'x' : `t${nth - 1}`
      return { op: 'Add', from: [nth === 0 ? 'x' : `t${nth}`, from], name: `add${nth}` }
    })
    expect(await said(onnxFile(headed(nodes)))).toMatch(/layers|levels|branches/)
  })
})
