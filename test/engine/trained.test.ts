/** Operations of TensorFlow's addon for weights that change: convolutions, norms and their gradients, beside the float64 reference. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emitProgram } from '../../src/engine/tensorflow/graph/program.js'
import { loadEngine } from '../../src/engine/tensorflow/load.js'
import { type Graph, inputsOf, type Value } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import type { Extent, Padding } from '../../src/net/tree.js'
import { sidesOf } from '../../src/net/window.js'
import { available, float64 } from '../support/engines.js'
import { apart, type Numbers } from '../support/nets/agree.js'
import { fedWith } from '../support/nets/arbitrary.js'
import { succeed } from '../support/scratch.js'

const [tensorflow] = await available(['tensorflow'])

interface Drawn {
  readonly images: number
  readonly rows: number
  readonly columns: number
  readonly channels: number
  readonly filters: number
  readonly kernel: Extent
  readonly stride: Extent
  readonly padding: Padding
}

const from = (min: number, max: number) => fc.integer({ min, max })
const some = <A>(...values: readonly A[]) => fc.constantFrom(...values)

/** What is drawn where nothing else is said. */
const usual = {
  images: from(1, 3),
  rows: from(3, 13),
  columns: from(3, 13),
  channels: from(1, 70),
  filters: from(1, 70),
  kernel: some<Extent>(1),
  stride: some<Extent>(1),
  padding: some<Padding>('same', 'valid'),
}

const drawnWith = (own: Partial<typeof usual>): fc.Arbitrary<Drawn> => fc.record<Drawn>({ ...usual, ...own })

const mapOf = ({ images, rows, columns, channels }: Drawn) => op.input('x', [images, rows, columns, channels])

const windowOf = ({ stride, padding }: Drawn) => ({ stride, dilation: 1, padding }) as const

const graphOf = (outputs: Readonly<Record<string, Value>>): Graph => ({ outputs, updates: [] })

const convolution = (given: Drawn): Graph => {
  const [x, window] = [mapOf(given), windowOf(given)]
  const kernel = op.input('kernel', [...sidesOf(given.kernel), given.channels, given.filters])
  const y = op.conv(x, kernel, window)
  const dy = op.input('dy', y.shape)
  return graphOf({ y, dx: op.convInput(dy, kernel, x, window), dk: op.convKernel(dy, x, kernel, window) })
}

const depthwise = (given: Drawn): Graph => {
  const [x, window] = [mapOf(given), windowOf(given)]
  const kernel = op.input('kernel', [...sidesOf(given.kernel), given.channels, 1])
  const y = op.depthwise(x, kernel, window)
  const dy = op.input('dy', y.shape)
  return graphOf({
    y,
    dx: op.depthwiseInput(dy, kernel, x, window),
    dk: op.depthwiseKernel(dy, x, kernel, window),
  })
}

const batchNorm = (given: Drawn): Graph => {
  const [x, epsilon] = [mapOf(given), 1e-3]
  const [scale, shift] = [op.input('scale', [given.channels]), op.input('shift', [given.channels])]
  const y = op.batchNorm(x, scale, shift, epsilon)
  const dx = op.batchNormGrad(op.input('dy', x.shape), x, scale, y, epsilon)
  return graphOf({
    y,
    dx,
    dscale: op.splitPart(1, dx, scale.shape),
    dshift: op.splitPart(2, dx, scale.shape),
  })
}

/** By name, graphs that the addon has operations for, and what is drawn for them. */
const cases = {
  'a convolution in tiles': [
    convolution,
    drawnWith({
      channels: from(8, 35),
      filters: from(8, 70),
      kernel: some<Extent>(3),
      padding: some<Padding>('same', 'valid', 2, [0, 2, 1, 0]),
    }),
  ],
  'a convolution of another window': [
    convolution,
    drawnWith({
      rows: from(7, 13),
      columns: from(7, 30),
      filters: from(16, 70),
      kernel: some<Extent>(2, 3, 5, [7, 1], [3, 4]),
      stride: some<Extent>(1, 2, [1, 2]),
      padding: some<Padding>('same', 'valid', 2, [0, 3, 2, 0]),
    }),
  ],
  'a pointwise convolution': [convolution, drawnWith({ filters: from(17, 70) })],
  'a depthwise convolution': [
    depthwise,
    drawnWith({
      rows: from(7, 13),
      columns: from(7, 13),
      kernel: some<Extent>(1, 2, 3, 5, 7, [3, 6], [4, 1]),
      stride: some<Extent>(1, 2, [1, 2]),
      padding: some<Padding>('same', 'valid', 1, [0, 3, 2, 0]),
    }),
  ],
  'a batch norm': [batchNorm, drawnWith({ images: from(2, 3) })],
} as const satisfies Readonly<Record<string, readonly [(given: Drawn) => Graph, fc.Arbitrary<Drawn>]>>

const feedsOf = (graph: Graph) =>
  Object.fromEntries(
    Object.entries(inputsOf(graph)).map(([name, shape], nth) => [name, fedWith(nth, name, shape)]),
  )

const run = async (on: typeof float64, graph: Graph): Promise<Numbers> => {
  const session = await succeed(on.open({ go: graph }))
  const results = session.run('go', feedsOf(graph))
  session.close()
  return results
}

const bitsOf = (numbers: Numbers): readonly string[] =>
  Object.values(numbers).map(values => Buffer.from(Float32Array.from(values).buffer).toString('base64'))

describe.skipIf(tensorflow === undefined).each(Object.entries(cases))(
  '%s and its gradients',
  (_, [graphOfDrawn, drawn]) => {
    test.each([1, 2])('are those by the definition, whatever the size, on %i threads', async threads => {
      const engine = await succeed(loadEngine({ threads }))
      await fc.assert(
        fc.asyncProperty(drawn, async given => {
          const graph = graphOfDrawn(given)
          expect(apart(await run(float64, graph), await run(engine, graph))).toBeLessThan(2e-5)
        }),
        { numRuns: 25 },
      )
    })

    test('give the same bits again', async () => {
      const [given] = fc.sample(drawn, { numRuns: 1, seed: 1 }) as [Drawn]
      const engine = await succeed(loadEngine({ threads: 2 }))
      const graph = graphOfDrawn({ ...given, images: 8, rows: 32, columns: 32, channels: 33 })
      const first = bitsOf(await run(engine, graph))
      for (let nth = 0; nth < 5; nth++) expect(bitsOf(await run(engine, graph))).toEqual(first)
    })
  },
)

/** The addon's operations in a graph, which TensorFlow's stand beside. */
const ownIn = (given: Partial<Drawn>, of: (given: Drawn) => Graph): readonly string[] => {
  const whole = {
    images: 1,
    rows: 8,
    columns: 8,
    channels: 24,
    filters: 24,
    kernel: 3,
    stride: 1,
    padding: 'same',
    ...given,
  } as const
  const { nodes } = emitProgram({ kernels: true })({ go: of(whole) })
  return nodes
    .flatMap(node => (node.op.startsWith('Espalier') ? [node.op.slice('Espalier'.length)] : []))
    .toSorted()
}

test('the addon has what it is quicker at', () => {
  expect(ownIn({}, convolution)).toEqual(['TiledConv', 'TiledConv', 'TiledConvKernel'])
  expect(ownIn({ stride: 2 }, convolution)).toEqual(['ConvInput'])
  expect(ownIn({ kernel: 1 }, convolution)).toEqual(['PointwiseKernel'])
  expect(ownIn({}, depthwise)).toEqual(['DepthwiseConv', 'DepthwiseConv', 'DepthwiseKernel'])
  expect(ownIn({ stride: 2 }, depthwise)).toEqual(['DepthwiseConv', 'DepthwiseKernel'])
  expect(ownIn({}, batchNorm)).toEqual(['BatchNorm', 'BatchNormGrad'])
})

test('and TensorFlow the rest: few filters, pointwise ones that skip or are padded, wide kernels, whole registers', () => {
  for (const given of [
    { filters: 4 },
    { kernel: 1, stride: 2 },
    { kernel: 1, filters: 16 },
    { kernel: 1, padding: 1 },
  ] as const)
    expect(ownIn(given, convolution)).toEqual([])
  expect(ownIn({ kernel: 9, padding: 'same', rows: 12, columns: 12 }, depthwise)).toEqual([
    'DepthwiseConv',
    'DepthwiseConv',
  ])
  expect(ownIn({ padding: 3 }, depthwise)).toEqual(['DepthwiseConv', 'DepthwiseKernel'])
  expect(ownIn({ channels: 32 }, batchNorm)).toEqual([])
})
