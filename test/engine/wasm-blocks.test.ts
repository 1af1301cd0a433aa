/** Gradients of kernels whose sums the wasm engine takes in parts and blocks, and rows of windows in groups of pixels. */
import { expect, test } from 'vitest'
import { tilingOf } from '../../src/engine/wasm/emitters/tiles.js'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { differentiate } from '../../src/graph/differentiate.js'
import { type Graph, inputsOf, type Value } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import type { Shape } from '../../src/net/shape.js'
import { apart } from '../support/nets/agree.js'
import { fedWith } from '../support/nets/arbitrary.js'
import { evaluate } from '../support/nets/reference.js'
import { right } from '../support/nets/surgery.js'

const window = { stride: 1, dilation: 1, padding: 'same' } as const

/** How far the second run of a graph is from float64. */
const distance = async (graph: Graph): Promise<number> => {
  const feeds = Object.fromEntries(
    Object.entries(inputsOf(graph)).map(([name, shape]) => [name, fedWith(0, name, shape)]),
  )
  const session = right(await right(await loadWasm(1)()).open({ go: graph })())
  session.run('go', feeds)
  const got = session.run('go', feeds)
  session.close()
  return apart(evaluate(graph, feeds, {}).outputs, got)
}

/** How far an output of windows and both its gradients are from float64. */
const errorOf = async (
  xShape: Shape,
  kShape: Shape,
  windows: (x: Value, k: Value) => Value,
): Promise<number> => {
  const [x, k] = [op.input('x', xShape), op.input('k', kShape)]
  const y = windows(x, k)
  const [dx = x, dk = k] = differentiate()(op.mul(y, op.input('signal', y.shape)), [x, k])
  return distance({ outputs: { y, dx, dk }, updates: [] })
}

test.each([
  { name: 'several parts a block', x: [9, 4, 4, 300], filters: 13 },
  { name: 'several blocks a part', x: [2, 20, 20, 6], filters: 16 },
  { name: 'blocks that end with a part, and one that does not', x: [5, 9, 17, 120], filters: 8 },
])('a kernel of one pixel: $name', async ({ x, filters }) => {
  const kernel = [1, 1, x[3] ?? 0, filters]
  expect(await errorOf(x, kernel, (x, k) => op.conv(x, k, window))).toBeLessThan(1e-5)
})

test.each([
  { name: 'of four on small maps', side: 2, x: [3, 4, 3, 58], filters: 71 },
  { name: 'of four for few channels', side: 2, x: [3, 9, 6, 8], filters: 20 },
  { name: 'of sixteen, in several strips and groups', side: 4, x: [2, 14, 33, 32], filters: 24 },
])('windows of 3×3 by tiles $name', async ({ side, x, filters }) => {
  const [, rows = 0, columns = 0, channels = 0] = x
  expect(tilingOf(rows, columns, channels, filters).side).toBe(side)
  const kernel = [3, 3, channels, filters]
  expect(await errorOf(x, kernel, (x, k) => op.conv(x, k, window))).toBeLessThan(1e-5)
})

test.each([3, 4, 9, 12])('depthwise windows of 3×3 over rows of %i pixels', async width => {
  expect(await errorOf([2, 5, width, 18], [3, 3, 18], (x, k) => op.depthwise(x, k, window))).toBeLessThan(
    1e-5,
  )
})

test('a long product of two transposed matrices leaves constants alone', async () => {
  const product = op.matmul(op.input('a', [700, 12]), op.input('b', [16, 700]), {
    transposeA: true,
    transposeB: true,
  })
  const graph: Graph = {
    outputs: { product, sum: op.add(op.input('z', [8]), op.constant(2)) },
    updates: [],
  }
  expect(await distance(graph)).toBeLessThan(1e-5)
})

test('values are stretched over some axes and not over others', async () => {
  const x = op.input('x', [3, 2, 4, 5])
  const shapes = [
    [3, 1, 1, 5],
    [1, 2, 1, 5],
    [3, 1, 4, 1],
    [1, 1, 4, 1],
  ]
  const stretched = shapes.flatMap((shape, n) => {
    const side = op.input(`side ${n}`, shape)
    return [op.sub(x, side), op.sub(side, x), op.broadcast(side, x.shape)]
  })
  const long = op.mul(op.input('a', [2, 3, 1, 3, 1, 5]), op.input('b', [2, 1, 2, 1, 4, 5]))
  const outputs = Object.fromEntries([...stretched, long].map((value, n) => [`${n}`, value]))
  expect(await distance({ outputs, updates: [] })).toBeLessThan(1e-5)
})
