/** Exported models are fed pixels: what another runtime answers to them is what is answered here to the normalised image. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeModel, exportModel } from '../../src/convert/export.js'
import { type Input, inputs } from '../../src/convert/input.js'
import { readKerasFile } from '../../src/convert/keras/import/read.js'
import { readModelFile, saveModel } from '../../src/convert/model-file.js'
import { affineOf, includeNormaliser } from '../../src/convert/rewrite/include-normaliser.js'
import { targets } from '../../src/convert/target.js'
import type { Preprocessing } from '../../src/data/preprocessing.js'
import { channelsOf, sizeOf } from '../../src/net/shape.js'
import type { Model } from '../../src/net/weights.js'
import { concat, net, residual, stack } from '../../src/net/words/combinators.js'
import {
  convBnAct,
  dense,
  depthwiseBnAct,
  dropout,
  globalAvgPool,
  image,
} from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { arbitraryModel, fedWith, modelOf } from '../support/nets/arbitrary.js'
import {
  apart,
  inFolder,
  left,
  logitsOf,
  models,
  right,
  run,
  tolerance,
} from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { answersOf, loadLayers, onnxRuntime, stockLoader, wantsOnnx } from '../support/programs/runtimes.js'

const means = [0.48, 0.1, 0.9]
const deviations = [0.25, 0.3, 0.08]

/** What images of a net's size could have been prepared by. */
const preprocessingFor = ({ net: { input } }: Model, classes: number, mean = means): Preprocessing => ({
  size: input,
  resize: { height: (input[0] ?? 0) + 4, width: (input[1] ?? 0) + 4, fit: 'cover' },
  mean: mean.slice(0, channelsOf(input)),
  deviation: deviations.slice(0, channelsOf(input)),
  classes: Array.from({ length: classes }, (_, nth) => `class ${nth}`),
})

const classesOf = (model: Model): number =>
  logitsOf(model, new Float32Array(sizeOf(model.net.input)), 1).length

/** Bytes of images, and the same as a net sees them in training. */
const pixelsFor = ({ net: { input } }: Model, { mean, deviation }: Preprocessing, count: number) => {
  const channels = channelsOf(input)
  const pixels = fedWith(5, 'pixels', [count, ...input]).map(value => Math.floor(Math.abs(value * 100) % 256))
  return {
    raw: pixels,
    unit: pixels.map(value => value / 255),
    normalised: pixels.map(
      (value, i) => (value / 255 - (mean[i % channels] ?? 0)) / (deviation[i % channels] ?? 1),
    ),
  } satisfies Record<Input, Float32Array>
}

const valid = { padding: 'valid' } as const

/** Nets whose first layers take the normaliser in, each another way. */
const foldable = {
  batchNorm: net('f', image(9, 8, 3), convBnAct(4, 3, valid), globalAvgPool, dense(2)),
  bias: net(
    'f',
    image(9, 8, 3),
    dropout(0.1),
    convBnAct(4, 3, { ...valid, norm: false }),
    globalAvgPool,
    dense(2),
  ),
  neither: net(
    'f',
    image(9, 8, 3),
    convBnAct(4, 3, { ...valid, norm: false, bias: false }),
    globalAvgPool,
    dense(2),
  ),
  depthwise: net('f', image(9, 9, 3), depthwiseBnAct(3, { stride: 3, norm: false }), globalAvgPool, dense(2)),
  branches: net(
    'f',
    image(9, 8, 3),
    concat(
      'c',
      convBnAct(2, 1),
      stack('s', residual('r', convBnAct(3, 1), { shortcut: convBnAct(3, 1, { norm: false }) })),
    ),
    globalAvgPool,
    dense(2),
  ),
}

const countLayers = ({ net }: Model): number => net.body.layers.length

describe('a model that normalises its images itself', () => {
  const affine = affineOf('raw', { mean: means, deviation: deviations })

  test.for(Object.entries(foldable))('in its first layers, where none pads: %s', ([, each]) => {
    const model = modelOf(3)(each)
    const made = right(includeNormaliser(affine)(model))
    const { raw, normalised } = pixelsFor(model, preprocessingFor(model, 2), 2)
    expect(countLayers(made)).toBe(countLayers(model))
    expect(apart(logitsOf(model, normalised, 2), logitsOf(made, raw, 2))).toBeLessThan(tolerance)
  })

  test('in its first layers though they pad, where the mean is zero', () => {
    const model = models.residual
    const centred = preprocessingFor(model, 7, [0, 0, 0])
    const made = right(includeNormaliser(affineOf('raw', centred))(model))
    const { raw, normalised } = pixelsFor(model, centred, 2)
    expect(countLayers(made)).toBe(countLayers(model))
    expect(apart(logitsOf(model, normalised, 2), logitsOf(made, raw, 2))).toBeLessThan(tolerance)
  })

  test('in a step before them, where they pad or something else reads the images', () => {
    const passed = modelOf(1)(
      net('p', image(6, 6, 3), residual('r', convBnAct(3, 1)), globalAvgPool, dense(2)),
    )
    for (const model of [models.residual, passed])
      expect(right(includeNormaliser(affine)(model)).net.body.layers[0]).toMatchObject({
        _tag: 'depthwise',
        name: 'normalise',
      })
  })

  test('on pixels equals a random net on the normalised image', () => {
    fc.assert(
      fc.property(arbitraryModel({ dropout: true }), fc.constantFrom('raw', 'unit'), (model, input) => {
        const channels = channelsOf(model.net.input)
        const spread = Array.from({ length: channels }, (_, c) => [0.1 + 0.15 * (c % 4), 0.2 + 0.1 * (c % 3)])
        const preprocessing = {
          ...preprocessingFor(model, 2),
          mean: spread.map(([mean = 0]) => mean),
          deviation: spread.map(([, deviation = 1]) => deviation),
        }
        const made = right(includeNormaliser(affineOf(input, preprocessing))(model))
        const fed = pixelsFor(model, preprocessing, 2)
        expect(apart(logitsOf(model, fed.normalised, 2), logitsOf(made, fed[input], 2))).toBeLessThan(
          tolerance,
        )
      }),
      { numRuns: 60 },
    )
  })
})

/** A net that takes the normaliser in, and nets that need a step for it. */
const exported = { ...models, folded: modelOf(3)(foldable.batchNorm) }

const cases = Object.entries(exported).flatMap(([name, model]) =>
  inputs.map(input => [name, input, model] as const),
)

/** What a runtime answers to a model's export is what is answered here. */
const expectServed = async (
  model: Model,
  input: Input,
  answer: (folder: string, images: Float32Array, preprocessing: Preprocessing) => Promise<ArrayLike<number>>,
  to: 'onnx' | 'layers' | 'savedmodel',
) =>
  inFolder(async folder => {
    const preprocessing = preprocessingFor(model, classesOf(model))
    const fed = pixelsFor(model, preprocessing, 3)
    await run(exportModel({ to, folder, preprocessing, ...(input !== 'raw' && { input }) })(model))
    expect(readFileSync(join(folder, 'labels.txt'), 'utf8')).toBe(`${preprocessing.classes.join('\n')}\n`)
    const answered = await answer(folder, fed[input], preprocessing)
    expect(apart(logitsOf(model, fed.normalised, 3), answered)).toBeLessThan(tolerance)
  })

describe('other runtimes on pixels', () => {
  test.skipIf(onnxRuntime === null).for(cases)(`onnxruntime ${wantsOnnx}: %s, %s`, ([, input, model]) =>
    expectServed(
      model,
      input,
      async (folder, images) => {
        const { logits } = await answersOf(join(folder, 'model.onnx'), images, [3, ...model.net.input])
        return logits?.data ?? []
      },
      'onnx',
    ),
  )

  test.for(cases)('tfjs: %s, %s, which knows the description too', ([, input, model]) =>
    expectServed(
      model,
      input,
      async (folder, images, preprocessing) => {
        const loaded = await loadLayers(folder)
        expect(loaded.getUserDefinedMetadata()).toMatchObject({ preprocessing: { input, ...preprocessing } })
        const answer = tf.tidy(() => loaded.predict(tf.tensor(images, [3, ...model.net.input])) as tf.Tensor)
        const values = await answer.data()
        tf.dispose(answer)
        loaded.dispose()
        return values
      },
      'layers',
    ),
  )
})

const predict = stockLoader()

test.skipIf(predict === null).for(cases)(
  "tfjs-node's loader of SavedModels (wants the native engine): %s, %s",
  ([, input, model]) =>
    expectServed(
      model,
      input,
      async (folder, images, preprocessing) => {
        expect(
          JSON.parse(readFileSync(join(folder, 'assets.extra/preprocessing.json'), 'utf8')),
        ).toMatchObject({
          input,
          ...preprocessing,
        })
        return (await predict?.(folder, images, [3, ...model.net.input]))?.logits ?? []
      },
      'savedmodel',
    ),
)

const asking = `
import json, sys, onnx, numpy as np, tensorflow as tf
saved, model, fed, out, *shape = sys.argv[1:]
images = np.fromfile(fed, np.float32).reshape([int(size) for size in shape])
serve = tf.saved_model.load(saved).signatures['serving_default']
serve(images=tf.constant(images))['logits'].numpy().tofile(out)
print({each.key: each.value for each in onnx.load(model).metadata_props}['preprocessing'])
`

test.skipIf(!hasModule('tensorflow') || !hasModule('onnx')).for([
  ['residual', 'raw'],
  ['folded', 'unit'],
] as const)(
  'TensorFlow and onnx in Python (wants ESPALIER_PYTHON with both): %s, %s',
  { timeout: 60_000 },
  ([name, input]) =>
    inFolder(async folder => {
      const model = exported[name]
      const preprocessing = preprocessingFor(model, classesOf(model))
      const fed = pixelsFor(model, preprocessing, 3)
      for (const to of ['savedmodel', 'onnx'] as const)
        await run(exportModel({ to, folder: join(folder, to), preprocessing, input })(model))
      const [pixels, out] = [join(folder, 'pixels'), join(folder, 'logits')]
      writeFileSync(pixels, fed[input])
      const told = runPython(
        asking,
        join(folder, 'savedmodel'),
        join(folder, 'onnx/model.onnx'),
        pixels,
        out,
        ...[3, ...model.net.input].map(String),
      )
      expect(JSON.parse(told)).toMatchObject({ input, ...preprocessing })
      const logits = new Float32Array(new Uint8Array(readFileSync(out)).buffer)
      expect(apart(logitsOf(model, fed.normalised, 3), logits)).toBeLessThan(tolerance)
    }),
)

describe('exports carry the preprocessing', () => {
  const plain = (model: unknown): unknown => JSON.parse(JSON.stringify(model))

  test('through model.safetensors, and through none where there is none', () =>
    inFolder(async folder => {
      const model = models.inception
      const preprocessing = preprocessingFor(model, 5)
      const file = join(folder, 'model.safetensors')
      await run(saveModel(file, preprocessing, { figures: '{}' })(model))
      expect(plain(await run(readModelFile(file)))).toEqual(plain({ model, preprocessing }))
      await run(exportModel({ to: 'safetensors', folder, preprocessing })(model))
      expect(plain(await run(readModelFile(file)))).toEqual(plain({ model, preprocessing }))
      await run(saveModel(file)(model))
      expect((await run(readModelFile(file))).preprocessing).toBe(null)
    }))

  test.for(inputs)('through a LayersModel that takes %s images', input =>
    inFolder(async folder => {
      const model = models.residual
      const preprocessing = preprocessingFor(model, 7)
      await run(exportModel({ to: 'layers', folder, preprocessing, input })(model))
      expect(plain(await run(readKerasFile(folder)))).toEqual(plain({ model, preprocessing, dropped: [] }))
    }),
  )

  test('through a LayersModel whose first layers took the normaliser in: it takes pixels from then on', () =>
    inFolder(async folder => {
      const model = exported.folded
      const preprocessing = preprocessingFor(model, 2)
      await run(exportModel({ to: 'layers', folder, preprocessing })(model))
      const back = await run(readKerasFile(folder))
      expect(back.preprocessing).toEqual({
        ...preprocessing,
        mean: [0, 0, 0],
        deviation: Array(3).fill(1 / 255),
      })
      const made = right(includeNormaliser(affineOf('raw', back.preprocessing ?? preprocessing))(back.model))
      const { raw, normalised } = pixelsFor(model, preprocessing, 2)
      expect(apart(logitsOf(model, normalised, 2), logitsOf(made, raw, 2))).toBeLessThan(tolerance)
    }))

  test.for(targets)('%s without preprocessing is unchanged', async to => {
    const files = await run(encodeModel(to)(models.residual))
    expect(files.map(({ name }) => name)).not.toContain('labels.txt')
    expect(files.map(({ bytes }) => Buffer.from(bytes).includes('preprocessing'))).not.toContain(true)
  })

  test('other images, other classes, and pixels where nothing is known are refused', async () => {
    const model = models.residual
    const preprocessing = preprocessingFor(model, 7)
    const refusal = async (serving: Parameters<typeof encodeModel>[1]) =>
      left(await encodeModel('onnx', serving)(model)())
    expect(await refusal({ preprocessing: { ...preprocessing, size: [12, 12, 1] } })).toMatchObject({
      what: 'image',
    })
    expect(await refusal({ preprocessing: preprocessingFor(model, 3) })).toMatchObject({ what: 'classes' })
    expect(renderMessage({ _tag: 'DataDiffers', what: 'classes', net: [1], data: [2] })).toBe(
      'the net: expected one output per class, 2 in all, got 1; try dense(2) at the end, with no softmax behind it',
    )
    expect(await refusal({ input: 'raw' })).toEqual({ _tag: 'NoPreprocessing', input: 'raw' })
  })
})
