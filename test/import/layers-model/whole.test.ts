/** Whole models, exported here or stock ones, keep what they compute. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportModel } from '../../../src/convert/export.js'
import { readKerasModel } from '../../../src/convert/keras/import/read.js'
import { channelShuffle, channelSlice } from '../../../src/net/words/channels.js'
import { net, stack } from '../../../src/net/words/combinators.js'
import { convBnAct, globalAvgPool, dense as head, image } from '../../../src/net/words/leaves.js'
import { renderMessage } from '../../../src/report/text/render-message.js'
import { arbitraryModel, modelOf } from '../../support/nets/arbitrary.js'
import {
  apart,
  imagesFor,
  inFolder,
  left,
  logitsOf,
  models,
  run,
  tolerance,
} from '../../support/programs/exported.js'
import { answered, ended, fedImage, save, stir } from './stock-models.js'

const { conv2d, dense, batchNormalization, reLU, activation, add, concatenate, flatten } = tfl.layers

const residualModel = (): tfl.LayersModel => {
  const images = tfl.input({ shape: [9, 8, 3] })
  const stem = reLU({ maxValue: 6 }).apply(
    batchNormalization({ scale: false, name: 'bn' }).apply(
      conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', useBias: false, name: 'stem' }).apply(
        images,
      ),
    ),
  ) as tfl.SymbolicTensor
  const side = conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'tanh' }).apply(stem)
  const sum = add().apply([stem, side as tfl.SymbolicTensor]) as tfl.SymbolicTensor
  const wide = tfl.layers.separableConv2d({ filters: 5, kernelSize: 3, padding: 'same' }).apply(sum)
  const joined = concatenate().apply([sum, wide as tfl.SymbolicTensor])
  const vector = dense({ units: 6 }).apply(
    flatten().apply(joined as tfl.SymbolicTensor),
  ) as tfl.SymbolicTensor
  const normed = activation({ activation: 'sigmoid' }).apply(
    batchNormalization({ center: false }).apply(vector),
  )
  return stir(tfl.model({ inputs: images, outputs: dense({ units: 3 }).apply(normed) as tfl.SymbolicTensor }))
}

describe('importing a LayersModel', () => {
  test('an export imports with equal names and weights', () =>
    inFolder(async folder => {
      const pair = (name: string) => stack(name, convBnAct(2), convBnAct(3, 1))
      const rows = modelOf(1)(net('rows', image(5, 5, 1), pair('one'), pair('two'), globalAvgPool, head(2)))
      for (const model of [models.inception, models.residual, rows]) {
        await run(exportModel({ to: 'layers', folder })(model))
        expect(JSON.parse(JSON.stringify(await run(readKerasModel(folder))))).toEqual(
          JSON.parse(JSON.stringify(model)),
        )
      }
    }))

  test('a random net keeps its outputs', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel({ dropout: true, modern: false }), model =>
        inFolder(async folder => {
          await run(exportModel({ to: 'layers', folder })(model))
          const images = imagesFor(model, 2)
          const back = await run(readKerasModel(folder))
          expect(apart(logitsOf(model, images, 2), logitsOf(back, images, 2))).toBeLessThan(tolerance)
        }),
      ),
      { numRuns: 100 },
    )
  })

  const shuffled = modelOf(2)(
    net(
      'shuffled',
      image(4, 6, 4),
      channelShuffle(2, { name: 'mix' }),
      channelSlice(1, 2),
      globalAvgPool,
      head(2),
    ),
  )

  test('a shuffle and a slice of channels come back as what they were', () =>
    inFolder(async folder => {
      await run(exportModel({ to: 'layers', folder })(shuffled))
      const { net: back } = await run(readKerasModel(folder))
      expect(back.body.layers.slice(0, 2)).toEqual(shuffled.net.body.layers.slice(0, 2))
      await run(exportModel({ to: 'keras', folder })(shuffled))
      expect((await run(readKerasModel(join(folder, 'model.keras')))).net).toEqual(back)
    }))

  test('a shuffle that is written for a map of other sides is refused', () =>
    inFolder(async folder => {
      await run(exportModel({ to: 'layers', folder })(shuffled))
      const file = join(folder, 'model.json')
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(/("target_shape":\s*\[\s*)4,(\s*)6,/g, '$16,$24,'),
      )
      const said = renderMessage(left(await readKerasModel(folder)()))
      expect(said).toContain('layer mix (ChannelShuffle), input: expected 6 × 4 × 4, got 4 × 6 × 4; ')
    }))

  test('a stock model with sums, branches and separable layers keeps its outputs', () =>
    inFolder(async folder => {
      const stock = residualModel()
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
      expect(model.net.body.layers[0]).toMatchObject({
        _tag: 'conv',
        name: 'stem',
        activation: 'relu6',
        norm: {},
      })
    }))

  const feeding = (layer: tfl.layers.Layer, ...inputs: readonly tfl.SymbolicTensor[]) =>
    layer.apply(inputs.length === 1 ? (inputs[0] as tfl.SymbolicTensor) : [...inputs]) as tfl.SymbolicTensor

  test('a sum of four, one of them the input, nests in shortcuts and keeps its outputs', () =>
    inFolder(async folder => {
      const inputs = fedImage()
      const three = ['a', 'b', 'c'].map(name => feeding(conv2d({ name, filters: 2, kernelSize: 1 }), inputs))
      const stock = stir(tfl.model({ inputs, outputs: ended(feeding(add(), inputs, ...three)) }))
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
      expect(model.net.body.layers[0]).toMatchObject({
        _tag: 'residual',
        shortcut: { _tag: 'residual', shortcut: { body: { name: 'body' }, shortcut: { layers: [] } } },
      })
    }))

  test('a layer without weights that several branches read is copied into each', () =>
    inFolder(async folder => {
      const inputs = fedImage()
      const positive = feeding(reLU(), inputs)
      const branch = (name: string) => feeding(conv2d({ name, filters: 3, kernelSize: 1 }), positive)
      const joined = feeding(concatenate(), branch('a'), inputs, branch('b'))
      const stock = stir(tfl.model({ inputs, outputs: ended(joined) }))
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
      expect(JSON.stringify(model.net).split('"activate"')).toHaveLength(3)
    }))

  test('branches of a concatenation that begin with one layer become one branch', () =>
    inFolder(async folder => {
      const inputs = fedImage()
      const point = (name: string, from: tfl.SymbolicTensor) =>
        feeding(conv2d({ name, filters: 3, kernelSize: 1 }), from)
      const stem = point('stem', inputs)
      const joined = feeding(concatenate(), point('a', inputs), point('b', stem), point('c', stem), inputs)
      const stock = stir(tfl.model({ inputs, outputs: ended(joined) }))
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
      expect(model.net.body.layers[0]).toMatchObject({
        branches: [{ name: 'a' }, { layers: [{ name: 'stem' }, { branches: [{}, {}] }] }, { layers: [] }],
      })
    }))

  test('names that would collide are numbered', () =>
    inFolder(async folder => {
      const layer = (name: string) => conv2d({ name, filters: 2, kernelSize: 1 })
      const inputs = fedImage()
      const inner = ['x/a', 'y', 'x/b', 'x.a'].reduce(
        (x, name) => layer(name).apply(x) as tfl.SymbolicTensor,
        inputs,
      )
      await save(tfl.model({ inputs, outputs: ended(inner) }), folder)
      const { net } = await run(readKerasModel(folder))
      expect(net.body.layers.map(({ name }) => name).slice(0, 4)).toEqual(['x', 'y', 'x_2', 'a'])
    }))

  test('a sequential model gives the logits before its softmax; a padding layer becomes padding', () =>
    inFolder(async folder => {
      const stock = stir(
        tfl.sequential({
          layers: [
            tfl.layers.zeroPadding2d({ padding: 2, inputShape: [7, 6, 2] }),
            conv2d({ filters: 3, kernelSize: 5, strides: 2, activation: 'relu' }),
            tfl.layers.averagePooling2d({ poolSize: 2 }),
            tfl.layers.globalAveragePooling2d({}),
            dense({ units: 4, activation: 'softmax' }),
          ],
        }),
      )
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2)
      const logits = tf.tensor(Float32Array.from(logitsOf(model, images, 2)), [2, 4])
      expect(model.net.body.layers[0]).toMatchObject({ _tag: 'conv', padding: 2 })
      expect(apart(answered(stock, model, images, 2), tf.softmax(logits).dataSync())).toBeLessThan(tolerance)
    }))
})
