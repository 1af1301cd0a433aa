/** Products of 8-bit integers: how near their logits are, what they cost, and how they compare with onnxruntime's own quantiser. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { encodeModel, exportModel } from '../../src/convert/export.js'
import { toOnnx } from '../../src/convert/onnx/export/model.js'
import { readOnnxFile } from '../../src/convert/onnx/import/read.js'
import { compareFiles } from '../../src/convert/onnx/quantise/accuracy.js'
import type { Activations } from '../../src/convert/onnx/quantise/activations.js'
import { measureRanges } from '../../src/convert/onnx/quantise/ranges.js'
import { roundKernels } from '../../src/convert/quantise.js'
import { type Dataset, imagesInMemory } from '../../src/data/dataset.js'
import type { Preprocessing } from '../../src/data/preprocessing.js'
import { openEngine } from '../../src/engine/open.js'
import type { Model } from '../../src/net/weights.js'
import { relu } from '../../src/net/words/activations.js'
import { net } from '../../src/net/words/combinators.js'
import { conv, convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { arbitraryModel, modelOf } from '../support/nets/arbitrary.js'
import {
  apart,
  imagesFor,
  inFolder,
  left,
  logitsOf,
  models,
  run,
  tolerance,
} from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { answersOf, onnxRuntime, wantsOnnx } from '../support/programs/runtimes.js'

const count = 24
const [mean, deviation] = [0.5, 0.25]

const pixelsFor = ({ net: { input } }: Model): Uint8Array =>
  Uint8Array.from({ length: count * input.reduce((a, b) => a * b) }, (_, i) => ((i * 89) ^ (i >> 3)) % 256)

const normalise = (pixels: Uint8Array): Float32Array =>
  Float32Array.from(pixels, value => (value / 255 - mean) / deviation)

/** Validation images of bytes, classified as the model does. */
const datasetFor = (model: Model): Dataset => {
  const pixels = pixelsFor(model)
  const logits = logitsOf(model, normalise(pixels), count)
  const classes = logits.length / count
  const labels = Int32Array.from({ length: count }, (_, nth) => {
    const row = logits.subarray(nth * classes, (nth + 1) * classes)
    return row.indexOf(row.reduce((a, b) => Math.max(a, b)))
  })
  const { input } = model.net
  const channels = input.at(-1) ?? 1
  const images = imagesInMemory(pixels, labels)
  return {
    ...{ name: 'bytes', checksum: '', image: input, stored: input, augment: [], skipped: [], notices: [] },
    ...{ mean: new Array(channels).fill(mean), deviation: new Array(channels).fill(deviation) },
    ...{ train: images, validation: images, test: images, close: async () => undefined },
    classes: Array.from({ length: classes }, (_, nth) => `${nth}`),
  }
}

const rangesFor = async (model: Model) =>
  run(measureRanges({ engine: await run(openEngine('wasm')), dataset: datasetFor(model) })(model))

const bytesOf = (model: Model, activations: Activations): Uint8Array =>
  toOnnx(model, null, { weights: 'int8', activations })[0]?.bytes ?? new Uint8Array()

const answers = async (bytes: Uint8Array, { net: { input } }: Model, images: Float32Array) =>
  (await answersOf(bytes, images, [count, ...input])).logits?.data ?? []

const preprocessing: Preprocessing = {
  size: models.inception.net.input,
  resize: { height: 17, width: 14, fit: 'cover' },
  ...{ mean: [mean, mean, mean], deviation: [deviation, deviation, deviation] },
  classes: ['a', 'b', 'c', 'd', 'e'],
}

/** Of the largest logit: what nets of some width lose, and what the narrowest may. */
const [lossy, lossiest] = [0.06, 0.2]

afterEach(() => {
  vi.restoreAllMocks()
})

test('a range is that of the values, whatever the groups of a convolution', async () => {
  const grouped = modelOf(3)(
    net('grouped', image(6, 6, 4), conv(8, 3, { groups: 2, padding: 'valid' }), globalAvgPool, dense(3)),
  )
  const ranges = await rangesFor(grouped)
  const images = normalise(pixelsFor(grouped))
  expect(ranges.get('conv/Conv')?.input).toEqual([Math.min(...images), Math.max(...images)])
  expect(ranges.get('dense/MatMul')?.output).toBe(null)
  expect(ranges.size).toBe(2)
})

test('images of another net, and no images, are refused', async () => {
  const engine = await run(openEngine('wasm'))
  const dataset = datasetFor(models.inception)
  expect(left(await measureRanges({ engine, dataset })(models.residual)())).toMatchObject({
    _tag: 'DataDiffers',
  })
  const empty = { ...dataset, validation: { ...dataset.validation, size: 0 } }
  expect(left(await measureRanges({ engine, dataset: empty })(models.inception)())).toMatchObject({
    _tag: 'TooFewImages',
  })
})

describe('what was exported in 8 bits comes back', () => {
  test.for(['float32', 'calibrated'] as const)('with activations of %s: the weights that 8 bits say', kind =>
    inFolder(folder =>
      fc.assert(
        fc.asyncProperty(arbitraryModel(), async model => {
          const activations = kind === 'float32' ? kind : await rangesFor(model)
          await run(exportModel({ to: 'onnx', folder, weights: 'int8', activations })(model))
          const { model: back, notes = [] } = await run(readOnnxFile(join(folder, 'model.onnx')))
          const images = imagesFor(model, 2)
          const expected = logitsOf(roundKernels(model), images, 2)
          const rounded = kind === 'float32' ? tolerance : 0.01 // biases are in steps
          expect(apart(expected, logitsOf(back, images, 2))).toBeLessThan(rounded)
          const rounds = readFileSync(join(folder, 'model.onnx')).includes('\u000eQuantizeLinear') // with its length before it
          expect(notes.some(({ _tag }) => _tag === 'RoundingDropped')).toBe(rounds)
        }),
        { numRuns: 15 },
      ),
    ),
  )

  test('from a net that takes pixels, too, with its preprocessing', () =>
    inFolder(async folder => {
      const { inception: model } = models
      const to = { to: 'onnx', folder, preprocessing, weights: 'int8' } as const
      await run(exportModel({ ...to, activations: await rangesFor(model) })(model))
      const back = await run(readOnnxFile(join(folder, 'model.onnx'), { check: true }))
      expect(back.preprocessing).toEqual(preprocessing)
      const images = imagesFor(model, 2)
      const expected = logitsOf(roundKernels(model), images, 2)
      expect(apart(expected, logitsOf(back.model, images, 2))).toBeLessThan(0.01)
    }))
})

describe.skipIf(onnxRuntime === null)(`products of 8-bit integers in onnxruntime ${wantsOnnx}`, () => {
  const activationsOf = async (kind: 'dynamic' | 'calibrated', model: Model): Promise<Activations> =>
    kind === 'dynamic' ? kind : await rangesFor(model)

  test.for(['dynamic', 'calibrated'] as const)('%s: a random net is near what it is in floats', kind =>
    fc.assert(
      fc.asyncProperty(arbitraryModel(), async model => {
        const images = normalise(pixelsFor(model))
        const logits = await answers(bytesOf(model, await activationsOf(kind, model)), model, images)
        expect(apart(logitsOf(model, images, count), logits)).toBeLessThan(lossiest)
      }),
      { numRuns: 15 },
    ),
  )

  test.for(['dynamic', 'calibrated'] as const)('%s: a net that takes pixels answers so, too', async kind => {
    const model = models.inception
    const activations = await activationsOf(kind, model)
    const [file] = await run(encodeModel('onnx', { preprocessing, weights: 'int8', activations })(model))
    const pixels = pixelsFor(model)
    const logits = await answers(file?.bytes ?? new Uint8Array(), model, Float32Array.from(pixels))
    expect(apart(logitsOf(model, normalise(pixels), count), logits)).toBeLessThan(lossy)
  })

  test('a channel of zeros keeps its bias, and one of tiny weights', async () => {
    const model = modelOf(4)(net('dead', image(6, 6, 3), convBnAct(4, 3), globalAvgPool, dense(3)))
    const kernel = model.weights['conv/kernel']
    const data = Float32Array.from(kernel?.data ?? [], (value, i) => value * ([0, 1e-12][i % 4] ?? 1))
    const shape = kernel?.shape ?? []
    const shift = { shape: [4], data: Float32Array.of(0.731, 0.412, 0.3, 0.2) }
    const dead = {
      ...model,
      weights: { ...model.weights, 'conv/kernel': { shape, data }, 'conv/shift': shift },
    }
    const images = normalise(pixelsFor(dead))
    const logits = await answers(bytesOf(dead, await rangesFor(dead)), dead, images)
    expect(apart(logitsOf(dead, images, count), logits)).toBeLessThan(lossy)
  })

  test('two bounds in a row are computed', async () => {
    const twice = conv(1, 1, { name: 'twice', activation: 'relu' })
    const model = modelOf(4)(net('bounds', image(4, 4, 2), twice, relu, conv(2, 3), globalAvgPool, dense(2)))
    const images = normalise(pixelsFor(model))
    const logits = await answers(bytesOf(model, await rangesFor(model)), model, images)
    expect(apart(logitsOf(model, images, count), logits)).toBeLessThan(lossiest)
  })

  test('accuracy, bytes and time of both files are measured', async () => {
    vi.spyOn(process, 'cwd').mockReturnValue(join(import.meta.dirname, '../oracles')) // which has onnxruntime-node
    const model = models.residual
    const measured = await run(compareFiles({ dataset: datasetFor(model) }, 'dynamic')(model))
    expect(measured).toMatchObject({ images: count, float32: { accuracy: 1 } })
    expect(measured.int8.accuracy).toBeGreaterThan(0.8)
    expect(measured.int8.bytes).toBeLessThan(measured.float32.bytes)
  })
})

/** Quantises with onnxruntime's own tools; prints the operators that stay, and how far each file's logits are off. */
const quantising = `
import collections, json, sys, numpy as np, onnx, onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
folder = sys.argv[1]
images = np.fromfile(f'{folder}/images', np.float32).reshape(json.loads(sys.argv[2]))
class Reader(CalibrationDataReader):
    def __init__(self): self.left = iter([{'images': image[None]} for image in images])
    def get_next(self): return next(self.left, None)
float32 = f'{folder}/float32.onnx'
quantize_dynamic(float32, f'{folder}/their-dynamic.onnx', per_channel=True, weight_type=QuantType.QUInt8)
quantize_static(float32, f'{folder}/their-calibrated.onnx', Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
def logits(name):
    onnx.checker.check_model(f'{folder}/{name}.onnx', full_check=True)
    options = ort.SessionOptions()
    options.optimized_model_filepath = f'{folder}/optimised.onnx'
    options.log_severity_level = 3
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    found = ort.InferenceSession(f'{folder}/{name}.onnx', options).run(['logits'], {'images': images})[0]
    kinds = collections.Counter(node.op_type for node in onnx.load(f'{folder}/optimised.onnx').graph.node)
    return found, kinds
exact, _ = logits('float32')
result = {}
for name in ('dynamic', 'calibrated', 'their-dynamic', 'their-calibrated'):
    found, kinds = logits(name)
    result[name] = {'apart': float(abs(found - exact).mean()), 'kinds': kinds}
print(json.dumps(result))
`

interface Quantised {
  readonly apart: number
  readonly kinds: Readonly<Record<string, number>>
}

test.skipIf(!hasModule('onnxruntime'))(
  "onnxruntime makes integer products of it, as near as its own quantiser's (wants ESPALIER_PYTHON with onnx and onnxruntime)",
  () =>
    inFolder(async folder => {
      const model = models.inception
      const images = normalise(pixelsFor(model))
      writeFileSync(join(folder, 'images'), images)
      writeFileSync(join(folder, 'float32.onnx'), toOnnx(model)[0]?.bytes ?? '')
      writeFileSync(join(folder, 'dynamic.onnx'), bytesOf(model, 'dynamic'))
      writeFileSync(join(folder, 'calibrated.onnx'), bytesOf(model, await rangesFor(model)))
      const shape = JSON.stringify([count, ...model.net.input])
      const found: Readonly<Record<string, Quantised>> = JSON.parse(
        runPython(quantising, folder, shape).split('\n').at(-2) ?? '',
      )
      console.log(
        Object.entries(found)
          .map(([name, each]) => `${name} ${each.apart.toExponential(1)}`)
          .join(', '),
      )
      expect(found.dynamic?.kinds).toMatchObject({ ConvInteger: 11, DynamicQuantizeMatMul: 2 })
      expect(found.calibrated?.kinds).toMatchObject({ QLinearConv: 11, QGemm: 2 })
      expect(found.calibrated?.kinds.Conv).toBeUndefined()
      expect(found.dynamic?.apart).toBeLessThan(1.2 * (found['their-dynamic']?.apart ?? 0))
      expect(found.calibrated?.apart).toBeLessThan(1.2 * (found['their-calibrated']?.apart ?? 0))
    }),
)
