import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeModel, exportModel } from '../../src/convert/export.js'
import { servingGraph } from '../../src/convert/savedmodel/savedmodel.js'
import type { Model } from '../../src/net/weights.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { arbitraryModel } from '../support/nets/arbitrary.js'
import {
  apart,
  imagesFor,
  inFolder,
  left,
  logitsOf,
  models,
  right,
  run,
  tolerance,
} from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { stockLoader } from '../support/programs/runtimes.js'

const predict = stockLoader()

describe.skipIf(predict === null)(
  "a model as a SavedModel in tfjs-node's loader (wants the native engine)",
  () => {
    const answers = (model: Model, images: Float32Array, count: number) =>
      inFolder(async folder => {
        await run(exportModel({ to: 'savedmodel', folder })(model))
        return predict?.(folder, images, [count, ...model.net.input])
      })

    test.for(Object.entries(models))('%s has the same outputs, for any batch size', async ([, model]) => {
      for (const count of [1, 4]) {
        const images = imagesFor(model, count)
        const answer = await answers(model, images, count)
        expect(answer?.shape).toEqual([count, (answer?.logits.length ?? 0) / count])
        expect(apart(logitsOf(model, images, count), answer?.logits ?? [])).toBeLessThan(tolerance)
      }
    })

    test('a random net has the same outputs', async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryModel({ dropout: true }), async model => {
          const images = imagesFor(model, 2)
          const answer = await answers(model, images, 2)
          expect(apart(logitsOf(model, images, 2), answer?.logits ?? [])).toBeLessThan(tolerance)
        }),
        { numRuns: 30 },
      )
    })
  },
)

const serving = `
import sys, numpy as np, tensorflow as tf
folder, fed, out, *shape = sys.argv[1:]
images = np.fromfile(fed, np.float32).reshape([int(size) for size in shape])
serve = tf.saved_model.load(folder).signatures['serving_default']
serve(images=tf.constant(images))['logits'].numpy().tofile(out)
`

describe.skipIf(!hasModule('tensorflow'))(
  'a model as a SavedModel in Python (wants ESPALIER_PYTHON with tensorflow)',
  () => {
    test.for(Object.entries(models))('%s has the same outputs', { timeout: 60_000 }, ([, model]) =>
      inFolder(async folder => {
        await run(exportModel({ to: 'savedmodel', folder })(model))
        const images = imagesFor(model, 3)
        const [fed, out] = [join(folder, 'images'), join(folder, 'logits')]
        writeFileSync(fed, images)
        runPython(serving, folder, fed, out, ...[3, ...model.net.input].map(String))
        const logits = new Float32Array(new Uint8Array(readFileSync(out)).buffer)
        expect(apart(logitsOf(model, images, 3), logits)).toBeLessThan(tolerance)
      }),
    )
  },
)

describe('the graph of a SavedModel', () => {
  const { nodes, signatures } = servingGraph(models.separable)

  test('has an open batch size', () => {
    const { images } = signatures?.serving_default?.inputs ?? {}
    const { logits, probabilities } = signatures?.serving_default?.outputs ?? {}
    const placeholder = nodes.find(({ op }) => op === 'Placeholder')
    expect(placeholder?.attrs.shape).toMatchObject({ shape: [-1, 15, 11, 2] })
    expect([images?.shape, logits?.shape, probabilities?.shape]).toEqual([
      [-1, 15, 11, 2],
      [-1, 4],
      [-1, 4],
    ])
  })

  test('holds its weights as constants under their keys, and no variable', () => {
    expect(nodes.filter(({ op }) => /Var|Assign/.test(op))).toEqual([])
    expect(nodes.find(({ name }) => name === 'dense/kernel')).toMatchObject({
      op: 'Const',
      attrs: { value: { data: models.separable.weights['dense/kernel']?.data } },
    })
  })
})

describe('a SavedModel as a version in TensorFlow Serving', () => {
  const encode = (servingVersion: number) => encodeModel('savedmodel', { servingVersion })(models.residual)()

  test('lies in NAME/VERSION/, all of it', async () => {
    const files = right(await encode(12)).map(({ name }) => name)
    expect(files).toEqual(['residual/12/saved_model.pb'])
  })

  test('has a name that is a folder, whatever that of the net', async () => {
    const named = { ...models.residual, net: { ...models.residual.net, name: '../a b' } }
    const [file] = right(await encodeModel('savedmodel', { servingVersion: 1 })(named)())
    expect(file?.name).toBe('%2E.%2Fa+b/1/saved_model.pb')
  })

  test.for([0, 1.5, Number.NaN])('is refused as version %s', async version => {
    expect(renderMessage(left(await encode(version)))).toMatch(
      new RegExp(`^version of TensorFlow Serving: expected a whole number ≥ 1, got ${version}; try `),
    )
  })
})
