/** Convolutions of 3×3 and their gradients in tiles, by operations of TensorFlow's addon, beside the float64 reference. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emitProgram } from '../../src/engine/tensorflow/graph/program.js'
import { loadEngine } from '../../src/engine/tensorflow/load.js'
import type { Graph } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import type { Shape } from '../../src/net/shape.js'
import type { Padding } from '../../src/net/tree.js'
import { available, float64 } from '../support/engines.js'
import { apart, type Numbers } from '../support/nets/agree.js'
import { fedWith } from '../support/nets/arbitrary.js'
import { succeed } from '../support/scratch.js'

const [tensorflow] = await available(['tensorflow'])

const padding = fc.constantFrom<Padding>('same', 'valid', 2, [0, 2, 1, 0])

const drawn = fc.record({
  images: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 3, max: 13 }),
  columns: fc.integer({ min: 3, max: 13 }),
  channels: fc.integer({ min: 8, max: 35 }),
  filters: fc.integer({ min: 8, max: 70 }),
  padding,
})

type Drawn = typeof drawn extends fc.Arbitrary<infer A> ? A : never

/** A convolution and its gradients, by signals that are the outputs' own. */
const graphOf = ({ images, rows, columns, channels, filters, padding }: Drawn): Graph => {
  const window = { stride: 1, dilation: 1, padding } as const
  const x = op.input('x', [images, rows, columns, channels])
  const kernel = op.input('kernel', [3, 3, channels, filters])
  const y = op.conv(x, kernel, window)
  const dy = op.input('dy', y.shape)
  const [dx, dk] = [op.convInput(dy, kernel, x, window), op.convKernel(dy, x, kernel, window)]
  return { outputs: { y, dx, dk }, updates: [] }
}

const feedsOf = ({ outputs }: Graph, { images, rows, columns, channels, filters }: Drawn) => ({
  x: fedWith(1, 'x', [images, rows, columns, channels]),
  kernel: fedWith(2, 'kernel', [3, 3, channels, filters]),
  dy: fedWith(3, 'dy', outputs.y?.shape ?? []),
})

const run = async (on: typeof float64, graph: Graph, given: Drawn): Promise<Numbers> => {
  const session = await succeed(on.open({ go: graph }))
  const results = session.run('go', feedsOf(graph, given))
  session.close()
  return results
}

describe.skipIf(tensorflow === undefined)('convolutions in tiles', () => {
  test.each([1, 2])('are those by the definition, whatever the size, on %i threads', async threads => {
    const engine = await succeed(loadEngine({ threads }))
    await fc.assert(
      fc.asyncProperty(drawn, async given => {
        const graph = graphOf(given)
        const expected = await run(float64, graph, given)
        expect(apart(expected, await run(engine, graph, given))).toBeLessThan(2e-5)
      }),
      { numRuns: 25 },
    )
  })

  test('give the same bits again', async () => {
    const given = { images: 8, rows: 32, columns: 32, channels: 33, filters: 70, padding: 'same' } as const
    const [engine, graph] = [await succeed(loadEngine({ threads: 2 })), graphOf(given)]
    const bits = async () =>
      Object.values(await run(engine, graph, given)).map(values =>
        Buffer.from(Float32Array.from(values).buffer).toString('base64'),
      )
    const first = await bits()
    for (let nth = 0; nth < 5; nth++)
      expect((await bits()).every((each, at) => each === first[at])).toBe(true)
  })

  test('are for windows of 3×3 that move by one, on channels enough', () => {
    const x = op.input('x', [1, 8, 8, 16])
    const opOf = (kernel: Shape, stride = 1) => {
      const y = op.conv(x, op.input('k', kernel), { stride, dilation: 1, padding: 'same' })
      const { nodes } = emitProgram({ kernels: true })({ go: { outputs: { y }, updates: [] } })
      return nodes.map(node => node.op).filter(name => /Conv/.test(name))
    }
    expect(opOf([3, 3, 16, 16])).toEqual(['EspalierTiledConv'])
    expect([opOf([3, 3, 16, 16], 2), opOf([1, 1, 16, 16]), opOf([3, 3, 16, 4])].flat()).toEqual(
      Array(3).fill('Conv2D'),
    )
  })
})
