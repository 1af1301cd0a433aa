/** Kernels in 8 bits: how far they are off, how small a file becomes, and that onnxruntime computes what is claimed of it. */
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeModel, exportModel } from '../../src/convert/export.js'
import { toOnnx } from '../../src/convert/onnx/export/model.js'
import { quantise, roundKernels } from '../../src/convert/quantise.js'
import type { Preprocessing } from '../../src/data/preprocessing.js'
import type { Model } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, depthwiseBnAct, globalAvgPool, image } from '../../src/net/words/leaves.js'
import { arbitraryModel, fedWith, modelOf } from '../support/nets/arbitrary.js'
import { apart, imagesFor, inFolder, logitsOf, models, run, tolerance } from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { answersOf, onnxRuntime, wantsOnnx } from '../support/programs/runtimes.js'

const bytesOf = (model: Model, weights: 'float32' | 'int8'): Uint8Array =>
  toOnnx(model, null, { weights })[0]?.bytes ?? new Uint8Array()

const large = modelOf(5)(
  net(
    'large',
    image(8, 8, 3),
    convBnAct(64, 3),
    depthwiseBnAct(3),
    convBnAct(128, 1),
    convBnAct(160, 3),
    globalAvgPool,
    dense(100),
  ),
)

/** Its first convolution could take the normaliser in. */
const unpadded = modelOf(6)(
  net('unpadded', image(9, 8, 3), convBnAct(8, 3, { padding: 'valid' }), globalAvgPool, dense(3)),
)

test('each value is off by at most half the scale of its channel, and 0 stays 0', () => {
  const value = fc.oneof(
    fc.constant(0),
    fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  )
  const kernel = fc
    .record({ inner: fc.integer({ min: 2, max: 9 }), channels: fc.integer({ min: 1, max: 5 }) })
    .chain(({ inner, channels }) =>
      fc.record({
        shape: fc.constant([inner, channels]),
        data: fc.array(value, { minLength: inner * channels, maxLength: inner * channels }),
      }),
    )
  fc.assert(
    fc.property(kernel, ({ shape, data }) => {
      const stored = quantise({ shape, data: Float32Array.from(data) }, 1)
      if (stored === null) return
      for (const [i, each] of data.entries()) {
        const scale = stored.scales[i % (shape[1] ?? 1)] ?? 0
        const off = Math.abs((stored.data[i] ?? 0) * scale - Math.fround(each))
        expect(off).toBeLessThanOrEqual(0.5001 * scale)
        if (each === 0) expect(stored.data[i]).toBe(0)
      }
    }),
  )
})

test('a kernel of one value a channel stays as it is', () => {
  expect(quantise({ shape: [1, 1, 3, 1], data: Float32Array.of(1, 2, 3) }, 2)).toBe(null)
})

test('a file has about a fourth of its bytes', () => {
  expect(bytesOf(large, 'int8').length / bytesOf(large, 'float32').length).toBeLessThan(0.27)
})

describe.skipIf(onnxRuntime === null)(`8-bit weights in onnxruntime ${wantsOnnx}`, () => {
  const answers = async (bytes: Uint8Array, { net: { input } }: Model, images: Float32Array, count: number) =>
    (await answersOf(bytes, images, [count, ...input], 'basic')).logits?.data ?? []

  test('a random net computes what it does here with rounded kernels', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel(), async model => {
        const images = imagesFor(model, 2)
        const logits = await answers(bytesOf(model, 'int8'), model, images, 2)
        expect(apart(logitsOf(roundKernels(model), images, 2), logits)).toBeLessThan(tolerance)
      }),
      { numRuns: 40 },
    )
  })

  test('so does one that takes pixels, whose channels are normalised by other numbers', async () => {
    const model = unpadded
    const [mean, deviation] = [
      [0.48, 0.1, 0.9],
      [0.25, 0.3, 0.08],
    ]
    const preprocessing: Preprocessing = {
      size: model.net.input,
      resize: { height: 9, width: 8, fit: 'cover' },
      mean,
      deviation,
      classes: ['a', 'b', 'c'],
    }
    const files = await run(encodeModel('onnx', { preprocessing, weights: 'int8' })(model))
    const pixels = fedWith(5, 'pixels', [2, ...model.net.input]).map(value => Math.floor(128 + 128 * value))
    const normalised = pixels.map((value, i) => (value / 255 - (mean[i % 3] ?? 0)) / (deviation[i % 3] ?? 1))
    const logits = await answers(files[0]?.bytes ?? new Uint8Array(), model, pixels, 2)
    expect(apart(logitsOf(roundKernels(model), normalised, 2), logits)).toBeLessThan(tolerance)
    expect(apart(logitsOf(model, normalised, 2), logits)).toBeGreaterThan(tolerance)
  })
})

const checking = `
import sys, onnx
for file in sys.argv[1:]:
    onnx.checker.check_model(file, full_check=True)
`

test.skipIf(!hasModule('onnx'))("a file passes onnx's checker (wants ESPALIER_PYTHON with onnx)", () =>
  inFolder(async folder => {
    const files = await Promise.all(
      Object.entries({ ...models, large }).map(([name, model]) =>
        run(exportModel({ to: 'onnx', folder: join(folder, name), weights: 'int8' })(model)),
      ),
    )
    runPython(checking, ...files.flat())
  }),
)
