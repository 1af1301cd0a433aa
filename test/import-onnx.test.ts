import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportModel } from '../src/convert/export.js'
import { importModel } from '../src/convert/import.js'
import { readOnnxModel } from '../src/convert/onnx/import/read.js'
import { arbitraryModel } from './arbitrary.js'
import { apart, imagesFor, inFolder, left, logitsOf, models, run, tolerance } from './exported.js'

describe('importing what was exported to ONNX', () => {
  test('a random net keeps its outputs', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel({ dropout: true }), model =>
        inFolder(async folder => {
          await run(exportModel({ to: 'onnx', folder })(model))
          const images = imagesFor(model, 2)
          const back = await run(readOnnxModel(join(folder, 'model.onnx')))
          expect(apart(logitsOf(model, images, 2), logitsOf(back, images, 2))).toBeLessThan(tolerance)
        }),
      ),
      { numRuns: 60 },
    )
  })
})
