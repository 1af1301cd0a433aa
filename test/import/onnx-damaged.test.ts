/** ONNX files with bytes changed, or cut. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { importModel } from '../../src/convert/import.js'
import { renderMessage } from '../../src/report/text/render-message.js'
import { integers, onnxFile, weight } from '../support/onnx-file.js'
import { inFolder, run } from '../support/programs/exported.js'

/** Bytes changed here and there, and cut. */
const damaged = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      changes: fc.array(
        fc.tuple(fc.nat(bytes.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255))),
        { maxLength: 6 },
      ),
      length: fc.oneof({ weight: 4, arbitrary: fc.constant(bytes.length) }, fc.nat(bytes.length)),
    })
    .map(({ changes, length }) => {
      const result = bytes.slice(0, length)
      for (const [at, value] of changes) if (at < length) result[at] = value
      return result
    })

describe('a damaged ONNX file', () => {
  const rich = onnxFile({
    nodes: [
      { op: 'Conv', from: ['x', 'w', 'b'], with: { pads: [1, 1, 1, 1], group: 1, strides: [1, 1] } },
      { op: 'Reshape', from: ['t1', 'split'] },
      { op: 'Transpose', from: ['t2'], with: { perm: [0, 2, 1, 3, 4] } },
      { op: 'Reshape', from: ['t3', 'joined'] },
      { op: 'MaxPool', from: ['t4'], with: { kernel_shape: [2, 2], ceil_mode: 1 } },
      { op: 'ReduceMean', from: ['t5'], with: { axes: [2, 3], keepdims: 0 } },
      { op: 'Gemm', from: ['t6', 'head'] },
      { op: 'Softmax', from: ['t7'] },
    ],
    weights: {
      ...{ w: weight(4, 3, 3, 3), b: weight(4), head: weight(4, 3) },
      ...{ split: integers(2, 2, 2, 6, 5), joined: integers(2, 4, 6, 5) },
    },
  })

  test('gives a model or one line, and throws nothing', async () => {
    await inFolder(async folder => {
      const file = join(folder, 'model.onnx')
      writeFileSync(file, rich)
      await run(importModel(file))
      await fc.assert(
        fc.asyncProperty(damaged(rich), async bytes => {
          writeFileSync(file, bytes)
          const result = await importModel(file)()
          if (E.isLeft(result)) expect(renderMessage(result.left)).not.toContain('\n')
        }),
        { numRuns: 1500 },
      )
    })
  })
})
