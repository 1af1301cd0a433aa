/** Facts on exports and imports, as the page of messages shows them. */
import type { FoundFormat, NotATreeReason } from '../../../src/convert/error.js'
import type { Examples } from './examples.js'

const path = 'model'
const runtime = 'onnxruntime'
const figures = { accuracy: 0.99, bytes: 20_000, milliseconds: 300 }

const formats: readonly FoundFormat[] = [
  'savedmodel',
  'safetensors',
  'pickle',
  'tflite',
  'file',
  'folder',
  'graph model',
  'no topology',
]

const tangles: readonly (readonly [NotATreeReason, string])[] = [
  ['crossing', 'cell_3'],
  ['circle', 'conv2d_1'],
  ['unknown input', 'conv2d_9'],
  ['not one input', 'image, mask'],
  ['not one output', 'logits, boxes'],
  ['same name', 'conv2d'],
  ['no layers', ''],
]

const exportFacts = {
  NoPreprocessing: [{ input: 'raw' }],
  NotAVersion: [{ got: 0 }],
  NotHeld: [{ to: 'layers', at: 'a', what: 'hardSwish' }],
  OwnNotHeld: [{ to: 'keras', at: 'a', layer: 'centred' }],
  EncodingFailed: [{ to: 'keras', reason: 'out of memory' }],
  TooLarge: [{ to: 'onnx', bytes: 3_000_000_000, limit: 2_147_483_647 }],
  WeightsMeasured: [{ images: 6000, float32: 0.9907, int8: 0.99 }],
  FilesMeasured: [
    { images: 6000, runtime, float32: { ...figures, bytes: 17_668 }, int8: { ...figures, bytes: 22_286 } },
  ],
} satisfies Partial<Examples>

const importFacts = {
  UnknownFormat: [{ path, found: 'onnx' }, ...formats.map(found => ({ path, found }))],
  NotAModel: [{ found: 'checkpoint' }, { found: 'other' }],
  UnknownLayer: [{ at: 'gru', className: 'GRU', supported: ['Conv2D', 'Dense'] }],
  UnknownOperator: [{ at: '/layer1/Resize', operator: 'Resize', supported: ['Conv', 'Gemm'] }],
  OpsetDiffers: [
    { least: 11, most: 28, got: 9 },
    { least: 11, most: 28, got: null },
  ],
  TensorDiffers: [
    {
      name: 'conv1.weight',
      fault: { _tag: 'DecodeError', at: 'type', expected: 'float32, float16 or float64', got: 'int64' },
    },
  ],
  LayerDiffers: [
    {
      at: 'conv2d',
      className: 'Conv2D',
      fault: { _tag: 'DecodeError', at: 'data_format', expected: 'channels_last', got: 'channels_first' },
    },
    {
      at: 'dense',
      className: 'Dense',
      fault: { _tag: 'DecodeError', at: 'activation', expected: 'relu or linear', got: 'softsign' },
    },
  ],
  NotATree: [{ at: 'dense', reason: 'shared' }, ...tangles.map(([reason, at]) => ({ at, reason }))],
  WeightMissing: [{ name: 'conv2d/kernel', expected: [3, 3, 1, 12], found: ['conv2d_1/kernel'] }],
  WeightDiffers: [{ name: 'conv2d/kernel', got: 'int32' }],
  LayerDropped: [
    { at: 'random_flip', className: 'RandomFlip', why: 'training' },
    { at: 'softmax', className: 'Softmax', why: 'softmax' },
  ],
  RuntimeAgrees: [{ runtime, difference: 3e-7 }],
  RuntimeDiffers: [{ runtime, difference: 0.02 }],
  NotChecked: [{ runtime, reason: 'onnxruntime-node is not installed; try npm install onnxruntime-node' }],
  NormsFolded: [{ layers: 20 }],
  NormaliserLifted: [{ input: 'raw' }, { input: 'unit' }],
  RoundingDropped: [{ values: 40 }],
  PathLeaves: [{ folder: path, path: '../weights.bin' }],
  WrongBytes: [{ files: ['group1-shard1of1.bin'], expected: 1000, got: 900 }],
} satisfies Partial<Examples>

export const convertFacts = { ...exportFacts, ...importFacts }
