/** Weights as constants, which TensorFlow's addon convolves by kernels of its own. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Graph, type Program, type Value, variablesOf } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import { lowerForInference } from '../../src/learn/training/train.js'
import { channelsOf } from '../../src/net/shape.js'
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
      fc.asyncProperty(arbitraryModel(), fc.constantFrom(1, 3, 4), async (model, batch) => {
        const graph = lowerForInference(batch)(model)
        const images = fedWith(1, 'images', [batch, ...model.net.input])
        const [expected = {}] = await answers(tensorflow, graph, images, { variables: model.weights })
        for (const got of await answers(tensorflow, graph, images, { constants: model.weights }))
          expect(apart(expected, got)).toBeLessThan(1e-4)
      }),
      { numRuns: 40 },
    )
  })

  const drawn = fc.record({
    kind: fc.constantFrom('conv', 'depthwise', 'normalise', 'maxPool'),
    batch: fc.integer({ min: 1, max: 3 }),
    rows: fc.integer({ min: 1, max: 14 }),
    columns: fc.integer({ min: 1, max: 14 }),
    channels: fc.integer({ min: 1, max: 40 }),
    filters: fc.integer({ min: 1, max: 140 }),
    side: fc.constantFrom(1, 2, 3, 5),
    stride: fc.constantFrom(1, 2),
    clamp: fc.constantFrom('none', 'relu', 'relu6'),
    behind: fc.constantFrom('none', 'bias', 'norm'),
    isSum: fc.boolean(),
  })

  type Drawn = typeof drawn extends fc.Arbitrary<infer A> ? A : never

  const normOf = (x: Value): Value => {
    const weight = (name: string) => op.weight(name, [channelsOf(x.shape)])
    return op.normalise(x, weight('scale'), weight('shift'), weight('mean'), weight('variance'), 1e-3)
  }

  const productOf = (
    images: Value,
    name: string,
    { kind, channels, filters, side, stride }: Drawn,
  ): Value => {
    const window = { stride, padding: 'same', dilation: 1 } as const
    if (kind === 'conv') return op.conv(images, op.weight(name, [side, side, channels, filters]), window)
    if (kind === 'depthwise') return op.depthwise(images, op.weight(name, [side, side, channels, 1]), window)
    return kind === 'normalise' ? normOf(images) : op.maxPool(images, { ...window, size: side })
  }

  const answerOf = (images: Value, given: Drawn): Value => {
    const product = productOf(images, 'a', given)
    const bias = () => op.add(product, op.weight('bias', [channelsOf(product.shape)]))
    const shifted = given.behind === 'none' ? product : given.behind === 'bias' ? bias() : normOf(product)
    const sum = given.isSum ? op.add(shifted, productOf(images, 'b', given)) : shifted
    if (given.clamp === 'none') return sum
    return given.clamp === 'relu' ? op.relu(sum) : op.relu6(sum)
  }

  const constantsOf = (graph: Graph): Weights =>
    Object.fromEntries(
      Object.entries(variablesOf({ infer: graph })).map(([name, shape]) => [
        name,
        { shape, data: fedWith(2, name, shape).map(value => (name === 'variance' ? value ** 2 : value)) },
      ]),
    )

  /** Maps beside each other, clamped, their pixels' sums, and a dense layer with a bias. */
  const rowsOf = (images: Value, { filters, clamp }: Drawn): Value => {
    const wide = op.concat([images, op.square(images), images])
    const clamped = clamp === 'none' ? wide : clamp === 'relu' ? op.relu(wide) : op.relu6(wide)
    const product = op.matmul(op.sum(clamped, [1, 2]), op.weight('matrix', [channelsOf(wide.shape), filters]))
    return op.relu(op.add(product, op.weight('bias', [filters])))
  }

  test.each([
    ['maps', answerOf],
    ['rows', rowsOf],
  ])(
    'compute %s as they should, whatever the size of a map and the number of channels',
    async (_, compute) => {
      await fc.assert(
        fc.asyncProperty(drawn, async given => {
          const shape = [given.batch, given.rows, given.columns, given.channels]
          const graph = { outputs: { y: compute(op.input('images', shape), given) }, updates: [] }
          const constants = constantsOf(graph)
          const images = fedWith(1, 'images', shape)
          const [expected = {}] = await answers(float64, graph, images, { constants })
          for (const got of await answers(tensorflow, graph, images, { constants }))
            expect(apart(expected, got)).toBeLessThan(2e-5)
        }),
        { numRuns: 150 },
      )
    },
  )
})
