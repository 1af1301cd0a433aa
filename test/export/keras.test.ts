import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportModel } from '../../src/convert/export.js'
import { importModel } from '../../src/convert/import.js'
import { geluTanh, leakyRelu } from '../../src/net/words/activations.js'
import { channelShuffle, channelSlice, gate } from '../../src/net/words/channels.js'
import { concat, net, residual, stack } from '../../src/net/words/combinators.js'
import {
  avgPool,
  conv,
  convBnAct,
  dense,
  depthwise,
  dropPath,
  globalAvgPool,
  image,
  layerNorm,
  layerScale,
} from '../../src/net/words/leaves.js'
import { renderMessage } from '../../src/report/text/render-message.js'
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

/** What only Keras 3 has, or has otherwise than tfjs. */
const today = modelOf(3)(
  net(
    'today',
    image(9, 8, 3),
    convBnAct(8, 3, { stride: 2, padding: [0, 1, 0, 1], activation: 'hardSwish' }),
    conv(8, [1, 3], { groups: 2, activation: 'gelu' }),
    channelShuffle(2),
    gate(
      'se',
      stack('body', globalAvgPool, dense(4, { activation: 'relu' }), dense(8, { activation: 'hardSigmoid' })),
    ),
    residual(
      'block',
      stack('body', depthwise(3, { dilation: 2 }), layerNorm(), layerScale(0.1), dropPath(0.1)),
    ),
    concat('both', stack('half', channelSlice(0, 4), leakyRelu(0.1)), avgPool(3, { stride: 1 })),
    globalAvgPool,
    dense(5),
  ),
)

const answering = `
import sys, json, os
import numpy as np, keras
for file in sys.argv[1:]:
    model = keras.models.load_model(file)
    images = np.fromfile(file + '.images', 'float32').reshape(-1, *model.input_shape[1:])
    model.predict(images, verbose=0).astype('float32').tofile(file + '.logits')
`

describe('a .keras file', () => {
  test('a random net keeps its outputs when it is read again', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel({ dropout: true, channels: false }), model =>
        inFolder(async folder => {
          const outcome = await exportModel({ to: 'keras', folder })(model)()
          if (outcome._tag === 'Left') {
            expect(outcome.left._tag).toBe('NotHeld')
            return
          }
          const images = imagesFor(model, 2)
          const { model: back } = await run(importModel(join(folder, 'model.keras')))
          expect(apart(logitsOf(model, images, 2), logitsOf(back, images, 2))).toBeLessThan(tolerance)
        }),
      ),
      { numRuns: 60 },
    )
  })

  test('an activation that Keras has no name for is refused', () =>
    inFolder(async folder => {
      const model = modelOf(1)(net('a', image(4, 4, 1), conv(2), geluTanh, globalAvgPool))
      expect(renderMessage(left(await exportModel({ to: 'keras', folder })(model)()))).toMatch('geluTanh')
    }))
})

describe.skipIf(!hasModule('keras'))(
  'keras.models.load_model opens it (wants ESPALIER_PYTHON with keras)',
  () => {
    test(
      'and answers alike',
      () =>
        inFolder(async folder => {
          const all = { ...models, today }
          const files = Object.keys(all).map(name => join(folder, name, 'model.keras'))
          for (const [name, model] of Object.entries(all)) {
            await run(exportModel({ to: 'keras', folder: join(folder, name) })(model))
            writeFileSync(join(folder, name, 'model.keras.images'), imagesFor(model, 2))
          }
          runPython(answering, ...files)
          for (const [name, model] of Object.entries(all)) {
            const bytes = Uint8Array.from(readFileSync(join(folder, name, 'model.keras.logits')))
            const difference = apart(logitsOf(model, imagesFor(model, 2), 2), new Float32Array(bytes.buffer))
            console.log(`${name}: ${difference.toExponential(1)} from Keras`)
            expect(difference).toBeLessThan(tolerance)
          }
        }),
      60_000,
    )
  },
)
