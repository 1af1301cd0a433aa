import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { readOnnxModel } from '../../src/convert/onnx/import/read.js'
import type { Activation } from '../../src/net/activation.js'
import type { Model } from '../../src/net/weights.js'
import { net, stack } from '../../src/net/words/combinators.js'
import {
  avgPool,
  conv,
  convBnAct,
  dense,
  depthwise,
  globalAvgPool,
  globalMaxPool,
  image,
  layerNorm,
  layerScale,
  maxPool,
} from '../../src/net/words/leaves.js'
import { arbitraryModel, modelOf } from '../support/nets/arbitrary.js'
import { apart, imagesFor, inFolder, logitsOf, run, tolerance } from '../support/programs/exported.js'

/** A model exported and imported. */
const roundTrip = (model: Model): Promise<Model> =>
  inFolder(async folder => {
    await run(exportModel({ to: 'onnx', folder })(model))
    return await run(readOnnxModel(join(folder, 'model.onnx')))
  })

describe('importing what was exported to ONNX', () => {
  test('a random net keeps its outputs', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel({ dropout: true }), async model => {
        const images = imagesFor(model, 2)
        const back = await roundTrip(model)
        expect(apart(logitsOf(model, images, 2), logitsOf(back, images, 2))).toBeLessThan(tolerance)
      }),
      { numRuns: 60 },
    )
  })

  const activations: readonly Activation[] = [
    ...(['relu', 'relu6', 'sigmoid', 'tanh', 'swish', 'hardSwish', 'hardSigmoid', 'elu', 'gelu'] as const),
    'geluTanh',
    { _tag: 'leakyRelu', slope: 0.1 },
  ]

  test.for(activations)('%o is read as what it was', async activation => {
    const model = modelOf(3)(
      net('one', image(4, 4, 2), conv(3, 3, { name: 'c', activation }), globalAvgPool, dense(2)),
    )
    const back = await roundTrip(model)
    expect(back.net.body.layers).toMatchObject([
      { _tag: 'conv', name: 'c', activation },
      {},
      { _tag: 'dense' },
    ])
    const images = imagesFor(model, 2)
    expect(apart(logitsOf(model, images, 2), logitsOf(back, images, 2))).toBeLessThan(tolerance)
  })

  test('layers come back with their names and options', async () => {
    const block = stack(
      'block',
      depthwise([3, 1], { name: 'wide', padding: [1, 0, 1, 2] }),
      layerNorm({ epsilon: 1e-6, name: 'norm' }),
      conv(4, 1, { name: 'point', activation: 'gelu' }),
      layerScale(0.5, { name: 'scale' }),
    )
    const model = modelOf(3)(
      net(
        'named',
        image(9, 8, 3),
        convBnAct(4, 3, { name: 'stem', stride: 2 }),
        maxPool(3, { stride: 2, padding: 1 }),
        avgPool(2, { stride: 1, padding: 1, countPadding: true }),
        block,
        globalMaxPool,
        dense(3, { name: 'head' }),
      ),
    )
    const back = await roundTrip(model)
    expect(back.net.body.layers).toMatchObject([
      { _tag: 'conv', name: 'stem', stride: 2, bias: true, norm: null },
      { _tag: 'maxPool', padding: 1 },
      { _tag: 'avgPool', countPadding: true },
      {
        name: 'block',
        layers: [
          { _tag: 'depthwise', name: 'wide', kernel: [3, 1], padding: [1, 0, 1, 2] },
          { _tag: 'layerNorm', name: 'norm', epsilon: 1e-6 },
          { _tag: 'conv', name: 'point', activation: 'gelu' },
          { _tag: 'scale', name: 'scale' },
        ],
      },
      { _tag: 'globalMaxPool' },
      { _tag: 'dense', name: 'head' },
    ])
  })
})
