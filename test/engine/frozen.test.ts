/** Weights as constants, which TensorFlow's addon convolves by kernels of its own. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Program } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import { lowerForInference } from '../../src/learn/training/train.js'
import type { Weights } from '../../src/net/weights.js'
import { available, float64 } from '../support/engines.js'
import { apart, type Numbers } from '../support/nets/agree.js'
import { arbitraryModel, fedWith } from '../support/nets/arbitrary.js'
import { succeed } from '../support/scratch.js'

const [engine] = (await available(['tensorflow'])).map(([, found]) => found)

/** What two runs of the one call give; the second may use what the first has left. */
const answers = async (
  on: typeof float64,
  infer: Program[string],
  images: Float32Array,
  { constants = {}, variables = {} }: { readonly constants?: Weights; readonly variables?: Weights },
): Promise<readonly Numbers[]> => {
  const session = await succeed(on.open({ infer }, constants))
  session.write(variables)
  const given = [session.run('infer', { images }), session.run('infer', { images })]
  session.close()
  return given
}

describe.skipIf(engine === undefined)('weights as constants', () => {
  const tensorflow = engine ?? float64

  test('give what weights as variables do, on random nets', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryModel(), fc.constantFrom(1, 3), async (model, batch) => {
        const graph = lowerForInference(batch)(model)
        const images = fedWith(1, 'images', [batch, ...model.net.input])
        const [expected = {}] = await answers(tensorflow, graph, images, { variables: model.weights })
        for (const got of await answers(tensorflow, graph, images, { constants: model.weights }))
          expect(apart(expected, got)).toBeLessThan(1e-4)
      }),
      { numRuns: 40 },
    )
  })

  const shape = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    columns: fc.integer({ min: 1, max: 14 }),
    channels: fc.integer({ min: 1, max: 20 }),
    filters: fc.integer({ min: 1, max: 140 }),
    side: fc.constantFrom(1, 2, 3, 5),
    stride: fc.constantFrom(1, 2),
    clamp: fc.constantFrom(null, 'relu', 'relu6'),
    isSum: fc.boolean(),
  })

  test('convolve as they should, whatever the width of a map and the number of filters', async () => {
    await fc.assert(
      fc.asyncProperty(shape, async ({ batch, columns, channels, filters, side, stride, clamp, isSum }) => {
        const images = op.input('images', [batch, columns, columns, channels])
        const window = { stride, padding: 'same', dilation: 1 } as const
        const kernelOf = (name: string) => op.weight(name, [side, side, channels, filters])
        const conv = (name: string) => op.conv(images, kernelOf(name), window)
        const sum = op.add(conv('a'), op.weight('bias', [filters]))
        const whole = isSum ? op.add(sum, conv('b')) : sum
        const y = clamp === null ? whole : clamp === 'relu' ? op.relu(whole) : op.relu6(whole)
        const graph = { outputs: { y }, updates: [] }
        const tensor = (name: string, of: readonly number[]) => ({ shape: of, data: fedWith(2, name, of) })
        const kernel = [side, side, channels, filters]
        const constants = { a: tensor('a', kernel), b: tensor('b', kernel), bias: tensor('bias', [filters]) }
        const fed = fedWith(1, 'images', [batch, columns, columns, channels])
        const [expected = {}] = await answers(float64, graph, fed, { constants })
        for (const got of await answers(tensorflow, graph, fed, { constants }))
          expect(apart(expected, got)).toBeLessThan(1e-5)
      }),
      { numRuns: 100 },
    )
  })
})
