import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeModel, exportModel } from '../../src/convert/export.js'
import { countParams } from '../../src/net/counts.js'
import { infer } from '../../src/net/infer.js'
import type { Model } from '../../src/net/weights.js'
import { relu } from '../../src/net/words/activations.js'
import { concat, identity, net, residual, stack, withName } from '../../src/net/words/combinators.js'
import {
  avgPool,
  conv,
  convBnAct,
  dense,
  dropPath,
  flatten,
  globalAvgPool,
  globalMaxPool,
  image,
  layerNorm,
  layerScale,
  maxPool,
} from '../../src/net/words/leaves.js'
import type { MapWord } from '../../src/net/words/types.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { arbitraryModel, modelOf } from '../support/nets/arbitrary.js'
import { left } from '../support/nets/surgery.js'
import {
  apart,
  imagesFor,
  inFolder,
  largestAllowed,
  logitsOf,
  models,
  right,
  run,
  sizeOfFolder,
  tolerance,
} from '../support/programs/exported.js'
import { loadLayers } from '../support/programs/runtimes.js'

const predicted = async (model: Model, images: Float32Array, count: number, folder: string) => {
  await run(exportModel({ to: 'layers', folder })(model))
  const loaded = await loadLayers(folder)
  const output = tf.tidy(() => loaded.predict(tf.tensor(images, [count, ...model.net.input])) as tf.Tensor)
  const values = await output.data()
  tf.dispose(output)
  const result = {
    values: new Float32Array(values),
    loaded: loaded.layers.map(({ name }) => name),
    params: 0,
  }
  result.params = loaded.countParams()
  loaded.dispose()
  return result
}

describe('a model as a LayersModel', () => {
  test.for(Object.entries(models))('%s has the same outputs in stock tfjs', ([, model]) =>
    inFolder(async folder => {
      const images = imagesFor(model, 3)
      const { values, params } = await predicted(model, images, 3, folder)
      expect(apart(logitsOf(model, images, 3), values)).toBeLessThan(tolerance)
      expect(params).toBeGreaterThanOrEqual(countParams(right(infer(model.net))))
    }),
  )

  test('a random net has the same outputs in stock tfjs', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel({ dropout: true, hard: false }), model =>
        inFolder(async folder => {
          const images = imagesFor(model, 2)
          const { values } = await predicted(model, images, 2, folder)
          expect(apart(logitsOf(model, images, 2), values)).toBeLessThan(tolerance)
        }),
      ),
      { numRuns: 40 },
    )
  })

  test.each([
    concat('twice', identity, { ...identity, name: 'again' }),
    residual('twice', identity),
    residual('again', stack('body', concat('twice', identity, { ...identity, name: 'b' }), conv(2, 1))),
  ])('a layer that takes one value twice: %#', word =>
    inFolder(async folder => {
      const model = modelOf(1)(net('n', image(4, 4, 2), relu, word, globalAvgPool, dense(2)))
      const images = imagesFor(model, 2)
      const { values } = await predicted(model, images, 2, folder)
      expect(apart(logitsOf(model, images, 2), values)).toBeLessThan(tolerance)
    }),
  )

  test('a scale of a vector, means that count padding, and dropPath', () =>
    inFolder(async folder => {
      const given = net(
        'n',
        image(6, 5, 3),
        avgPool(3, { stride: [1, 2], padding: 1, countPadding: true }),
        dropPath(0.5),
        layerNorm({ epsilon: 1e-2 }),
        globalMaxPool,
        layerScale(0.5),
        dense(2),
      )
      const model = modelOf(1)(given)
      const images = imagesFor(model, 2)
      const { values } = await predicted(model, images, 2, folder)
      expect(apart(logitsOf(model, images, 2), values)).toBeLessThan(tolerance)
    }))

  test('maxima with padding of their own, where no value is below zero', () =>
    inFolder(async folder => {
      const padded = (name: string) => maxPool(3, { stride: 2, padding: 1, name })
      const sum = residual('sum', conv(4, 1, { activation: 'sigmoid' }))
      const given = net(
        'n',
        ...[image(12, 12, 3), convBnAct(4), padded('after-relu'), sum, padded('after-sum')],
        ...[globalAvgPool, dense(2)],
      )
      const model = modelOf(1)(given)
      const images = imagesFor(model, 2)
      const { values } = await predicted(model, images, 2, folder)
      expect(apart(logitsOf(model, images, 2), values)).toBeLessThan(tolerance)
      const signed = net('n', image(12, 12, 3), convBnAct(4), conv(4), padded('odd'), globalAvgPool, dense(2))
      expect(left(await encodeModel('layers')(modelOf(1)(signed))())).toMatchObject({ at: 'odd' })
    }))

  test.each<[string, MapWord]>([
    ['hardSwish', conv(2, 1, { activation: 'hardSwish' })],
    ['hardSigmoid', conv(2, 1, { activation: 'hardSigmoid' })],
    ['geluTanh', conv(2, 1, { activation: 'geluTanh' })],
    ['maxPool with padding 1', maxPool(3, { stride: 2, padding: 1 })],
    ['avgPool with padding [1,0,0,0]', avgPool(3, { stride: 2, padding: [1, 0, 0, 0] })],
  ])('%s is refused, since Keras has none', async (what, word) => {
    const model = modelOf(1)(net('n', image(6, 6, 2), withName('odd', word), globalAvgPool, dense(2)))
    const error = left(await encodeModel('layers')(model)())
    expect(error).toEqual({ _tag: 'NotHeld', to: 'layers', at: 'odd', what })
    expect(renderMessage(error)).toBe(
      `layer odd: expected a layer that an export to 'layers' can hold, got ${what}; try --to onnx, savedmodel or pytorch`,
    )
  })

  test('layers are named by their paths', () =>
    inFolder(async folder => {
      const model = models.inception
      const { loaded } = await predicted(model, imagesFor(model, 1), 1, folder)
      expect(loaded).toEqual(
        expect.arrayContaining(['images', 'stem/conv', 'stem/conv.norm', 'a', 'a/five/conv2']),
      )
    }))

  test('names that tfjs rejects, or that clash with the input, are prefixed', () =>
    inFolder(async folder => {
      const odd = net(
        'odd',
        image(4, 4, 1),
        convBnAct(2, 3, { name: '-a' }),
        convBnAct(2, 3, { name: 'images' }),
        globalAvgPool,
        dense(2, { name: '_' }),
      )
      const model = modelOf(1)(odd)
      const images = imagesFor(model, 2)
      const { values } = await predicted(model, images, 2, folder)
      expect(apart(logitsOf(model, images, 2), values)).toBeLessThan(tolerance)
    }))

  test('more than 4 MiB are cut into shards', () =>
    inFolder(async folder => {
      const wide = modelOf(1)(net('wide', image(32, 32, 1), flatten, dense(1200), dense(2)))
      const images = imagesFor(wide, 1)
      const { values } = await predicted(wide, images, 1, folder)
      expect(apart(logitsOf(wide, images, 1), values)).toBeLessThan(tolerance)
      expect(sizeOfFolder(folder)).toBeLessThanOrEqual(largestAllowed(wide))
      const { size } = await stat(join(folder, 'group1-shard2of2.bin'))
      expect(size).toBe(4 * (1024 * 1200 + 1200 + 2402) - 2 ** 22)
    }))
})
