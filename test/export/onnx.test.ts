import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeModel, exportModel } from '../../src/convert/export.js'
import { toOnnx } from '../../src/convert/onnx/export/model.js'
import type { Model } from '../../src/net/weights.js'
import { arbitraryModel } from '../support/nets/arbitrary.js'
import { apart, imagesFor, inFolder, logitsOf, models, run, tolerance } from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { answersOf, onnxRuntime, wantsOnnx } from '../support/programs/runtimes.js'

const bytesOf = (model: Model): Uint8Array => toOnnx(model)[0]?.bytes ?? new Uint8Array()

const served = (bytes: Uint8Array, { net: { input } }: Model, images: Float32Array, count: number) =>
  answersOf(bytes, images, [count, ...input])

describe.skipIf(onnxRuntime === null)(`a model as ONNX ${wantsOnnx}`, () => {
  test.for(Object.entries(models))(
    '%s gives in onnxruntime what it gives here, for any batch',
    async ([, model]) => {
      for (const count of [1, 5]) {
        const images = imagesFor(model, count)
        const { logits } = await served(bytesOf(model), model, images, count)
        expect(logits?.dims).toEqual([count, (logits?.data.length ?? 0) / count])
        expect(apart(logitsOf(model, images, count), logits?.data ?? [])).toBeLessThan(tolerance)
      }
    },
  )

  test('a random net has the same outputs in onnxruntime', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel({ dropout: true }), async model => {
        const images = imagesFor(model, 2)
        const { logits } = await served(bytesOf(model), model, images, 2)
        expect(apart(logitsOf(model, images, 2), logits?.data ?? [])).toBeLessThan(tolerance)
      }),
      { numRuns: 60 },
    )
  })

  test('bounds hold where values are large', async () => {
    const model = models.residual
    const images = imagesFor(model, 2).map(value => 200 * value)
    const { logits } = await served(bytesOf(model), model, images, 2)
    expect(apart(logitsOf(model, images, 2), logits?.data ?? [])).toBeLessThan(tolerance)
  })

  test('probabilities are softmaxed logits', async () => {
    const model = models.inception
    const { logits, probabilities } = await served(bytesOf(model), model, imagesFor(model, 2), 2)
    const row = Array.from(logits?.data.slice(0, 5) ?? [], Math.exp)
    const sum = row.reduce((a, b) => a + b)
    expect(
      apart(
        row.map(each => each / sum),
        probabilities?.data.slice(0, 5) ?? [],
      ),
    ).toBeLessThan(tolerance)
  })
})

test('a missing weight is named', async () => {
  const { 'conv/kernel': _, ...others } = models.residual.weights
  expect(await encodeModel('onnx')({ ...models.residual, weights: others })()).toMatchObject({
    left: { _tag: 'WrongWeight', key: 'conv/kernel', expected: [3, 3, 3, 8], got: null },
  })
})

const checking = `
import sys, onnx
for file in sys.argv[1:]:
    onnx.checker.check_model(file, full_check=True)
`

describe.skipIf(!hasModule('onnx'))('a model as ONNX in Python (wants ESPALIER_PYTHON with onnx)', () => {
  test(
    'every file passes the checker, shapes and all',
    () =>
      inFolder(async folder => {
        const random = fc.sample(arbitraryModel(), { numRuns: 20, seed: 1 })
        const files = await Promise.all(
          [...Object.values(models), ...random].map((model, nth) =>
            run(exportModel({ to: 'onnx', folder: `${folder}/${nth}` })(model)),
          ),
        )
        runPython(checking, ...files.flat())
      }),
    60_000,
  )
})
