/** Each layer of a stock model keeps its outputs. */
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import { readKerasModel } from '../../../src/convert/keras/import/read.js'
import { apart, imagesFor, inFolder, logitsOf, run, tolerance } from '../../support/programs/exported.js'
import { answered, around, save, stir } from './stock-models.js'

const { conv2d, dense, reLU } = tfl.layers

/** A stock layer that is called with nothing but an input. */
type Called = { readonly apply: (x: tfl.SymbolicTensor) => unknown }

const inSeries = (...layers: readonly Called[]): Called => ({
  apply: x => layers.reduce((now, layer) => layer.apply(now) as tfl.SymbolicTensor, x),
})

const zeros = (padding: [[number, number], [number, number]]): Called => tfl.layers.zeroPadding2d({ padding })

/** A block with a squeeze-and-excitation gate. */
const gated: Called = {
  apply: x => {
    const squeezed = inSeries(
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.reshape({ targetShape: [1, 1, 2] }),
      conv2d({ filters: 3, kernelSize: 1, activation: 'relu' }),
      conv2d({ filters: 2, kernelSize: 1, activation: 'sigmoid' }),
    ).apply(x)
    return tfl.layers.multiply().apply([x, squeezed as tfl.SymbolicTensor])
  },
}

/** A channelwise convolution of a map of 1×1. */
const factored: Called = inSeries(
  tfl.layers.globalAveragePooling2d({}),
  tfl.layers.reshape({ targetShape: [1, 1, 2] }),
  tfl.layers.depthwiseConv2d({ kernelSize: 1, useBias: false, activation: 'tanh' }),
)

describe('a layer of a stock model keeps its outputs', () => {
  const { conv2d, maxPooling2d, averagePooling2d, separableConv2d } = tfl.layers
  test.for<readonly [what: string, layer: Called]>([
    ['a kernel of two sides', conv2d({ filters: 2, kernelSize: [1, 3], strides: [2, 1] })],
    ['a pool of two sides', maxPooling2d({ poolSize: [3, 2], strides: [1, 2], padding: 'same' })],
    ['ELU', conv2d({ filters: 2, kernelSize: 3, activation: 'elu' })],
    ['leaky ReLU', tfl.layers.leakyReLU({ alpha: 0.1 })],
    [
      'zeros on two sides',
      inSeries(
        zeros([
          [0, 1],
          [0, 2],
        ]),
        conv2d({ filters: 2, kernelSize: 3 }),
      ),
    ],
    [
      'zeros before a convolution that pads',
      inSeries(
        zeros([
          [1, 0],
          [0, 0],
        ]),
        conv2d({ filters: 2, kernelSize: 3, padding: 'same' }),
      ),
    ],
    [
      'zeros before a maximum',
      inSeries(
        zeros([
          [1, 1],
          [1, 1],
        ]),
        maxPooling2d({ poolSize: 3, strides: 2 }),
      ),
    ],
    [
      'zeros before a maximum of positive values',
      inSeries(
        reLU(),
        zeros([
          [1, 1],
          [1, 1],
        ]),
        maxPooling2d({ poolSize: 3, strides: 2 }),
      ),
    ],
    [
      'zeros before an average',
      inSeries(
        zeros([
          [1, 0],
          [0, 1],
        ]),
        averagePooling2d({ poolSize: 3, strides: 1 }),
      ),
    ],
    [
      'zeros twice, and at the end',
      inSeries(
        zeros([
          [1, 0],
          [0, 1],
        ]),
        zeros([
          [0, 2],
          [0, 0],
        ]),
      ),
    ],
    ['separable convolutions', separableConv2d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' })],
    [
      'the largest value',
      inSeries(tfl.layers.globalMaxPooling2d({}), tfl.layers.reshape({ targetShape: [1, 1, 2] })),
    ],
    ['a dense layer at every position', dense({ units: 3, activation: 'tanh' })],
    ['layer norm', tfl.layers.layerNormalization({ axis: -1 })],
    ['a gate', gated],
    ['a factor a channel of a vector', factored],
  ])('%s', ([, layer]) =>
    inFolder(async folder => {
      const stock = stir(around(layer))
      await save(stock, folder)
      const model = await run(readKerasModel(folder))
      const images = imagesFor(model, 2).map(pixel => pixel - 0.5)
      expect(apart(answered(stock, model, images, 2), logitsOf(model, images, 2))).toBeLessThan(tolerance)
    }),
  )
})
