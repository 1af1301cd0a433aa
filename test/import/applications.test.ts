/**
 * Nets of keras.applications, imported, answer as in Keras. The small ones are tried wherever Python has Keras; with
 * ESPALIER_APPLICATIONS=all the others too, which takes minutes and gigabytes.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { importModel } from '../../src/convert/import.js'
import { kerasFile, preprocess } from '../keras/fixture.js'
import { forward } from '../support/nets/forward.js'
import { apart, run, tolerance } from '../support/programs/exported.js'
import { hasModule, runPython } from '../support/programs/python.js'
import { scratch } from '../support/scratch.js'

const small = ['MobileNetV3Small', 'EfficientNetB0']
const large =
  'MobileNet MobileNetV2 MobileNetV3Large EfficientNetV2B0 DenseNet121 ResNet50 ResNet50V2 VGG16 InceptionV3 InceptionResNetV2 Xception ConvNeXtTiny'
const names = process.env.ESPALIER_APPLICATIONS === 'all' ? [...small, ...large.split(' ')] : small

const floats = (file: string): Float32Array => new Float32Array(Uint8Array.from(readFileSync(file)).buffer)

describe.skipIf(!hasModule('keras'))(
  'a net of keras.applications answers as in Keras (wants ESPALIER_PYTHON with keras)',
  () => {
    const folder = scratch()
    beforeAll(
      () => void runPython(readFileSync(kerasFile('applications.py'), 'utf8'), folder, ...names),
      600_000,
    )

    test.for(names)('%s', { timeout: 60_000 }, async name => {
      const file = join(folder, name.replace(/:.*/, ''))
      const { model, preprocessing } = await run(importModel(`${file}.keras`))
      const images = preprocess(floats(`${file}.pixels`), preprocessing)
      const difference = apart(floats(`${file}.logits`), await forward(model, images, 2))
      console.log(`${name}: ${difference.toExponential(1)} from Keras`)
      expect(difference).toBeLessThan(tolerance)
    })
  },
)
