import * as fc from 'fast-check'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { blocking, type Engine } from '../../src/engine/engine.js'
import { type Program, type Value, valuesOf } from '../../src/graph/graph.js'
import { pruneToLatency } from '../../src/learn/evaluation/latency-target.js'
import { type Grid, increasing, interpolate } from '../../src/learn/latency/interpolate.js'
import { type WorkKind, workKinds } from '../../src/learn/latency/layer-work.js'
import { measureLatencyTable } from '../../src/learn/latency/measure-table.js'
import { type LatencyTable, latencyTableCodec, predictLatency } from '../../src/learn/latency/table.js'
import { lowerForInference } from '../../src/learn/training/train.js'
import { sizeOf } from '../../src/net/shape.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image, maxPool } from '../../src/net/words/leaves.js'
import { l1 } from '../../src/surgery/prune/criteria.js'
import { prune } from '../../src/surgery/prune/prune.js'
import { modelOf } from '../support/nets/arbitrary.js'
import { placed, right } from '../support/nets/surgery.js'
import { succeed } from '../support/scratch.js'

const axis = fc
  .uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 4 })
  .map(points => points.toSorted((a, b) => a - b))

const grids: fc.Arbitrary<Grid> = fc.array(axis, { minLength: 1, maxLength: 3 }).chain(axes =>
  fc.record({
    axes: fc.constant(axes),
    values: fc.array(fc.double({ min: 1e-4, max: 50, noNaN: true }), {
      minLength: axes.reduce((product, points) => product * points.length, 1),
      maxLength: axes.reduce((product, points) => product * points.length, 1),
    }),
  }),
)

test('between points a grid never falls as a size grows, and at its points it is what it says', () => {
  fc.assert(
    fc.property(
      grids,
      fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 3, maxLength: 3 }),
      fc.nat(2),
      fc.integer({ min: 1, max: 900 }),
      (given, sizes, along, more) => {
        const grid = increasing(given)
        const larger = sizes.map((size, nth) => (nth === along ? size + more : size))
        expect(interpolate(grid, larger)).toBeGreaterThanOrEqual(interpolate(grid, sizes) * (1 - 1e-9))
        const first = grid.axes.map(points => points[0] ?? 1)
        const last = grid.axes.map(points => points.at(-1) ?? 1)
        expect(interpolate(grid, first)).toBeCloseTo(grid.values[0] ?? 0, 6)
        expect(interpolate(grid, last)).toBeCloseTo(grid.values.at(-1) ?? 0, 6)
      },
    ),
  )
})

/** An engine that takes a tenth of a millisecond a call, and so long for each multiply–accumulate and value. */
let clock = 0
const [perCall, perMac, perValue] = [0.1, 1e-6, 1e-6]

const costOf = ({ op, inputs, shape }: Value): number => {
  const isProduct = op.kind === 'conv' || op.kind === 'depthwise' || op.kind === 'matmul'
  const macs = isProduct ? (sizeOf(shape) * sizeOf(inputs[1]?.shape ?? [])) / (shape.at(-1) ?? 1) : 0
  return perMac * macs + perValue * sizeOf(shape)
}

const opened: string[] = []
const steady: Engine = {
  name: 'cpu',
  version: 'steady',
  threads: 1,
  open: program => {
    opened.push('program')
    const values = Object.values(program as Program).flatMap(valuesOf)
    const time = perCall + values.reduce((sum, value) => sum + costOf(value), 0)
    return TE.right(
      blocking({
        run: () => {
          clock += time
          return {} as never // nobody reads it
        },
        read: () => ({}),
        write: () => undefined,
        close: () => undefined,
      }),
    )
  },
}

beforeEach(() => {
  clock = 0
  vi.spyOn(performance, 'now').mockImplementation(() => clock)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const small = net(
  'small',
  image(12, 12, 8),
  convBnAct(24, 3, { name: 'a' }),
  maxPool(2),
  convBnAct(40, 1, { name: 'b' }),
  convBnAct(40, 5, { name: 'c' }),
  globalAvgPool,
  dense(10),
)

const axes = { sides: [4, 16], channels: [8, 64] }

test('a table predicts a net within a fifth of what the engine takes', async () => {
  const table = await succeed(measureLatencyTable(steady, 'test', axes))
  const model = modelOf(1)(small)
  const began = clock
  const session = await succeed(steady.open({ infer: lowerForInference(1)(model) }))
  session.run('infer', {})
  const taken = clock - began
  expect(Math.abs(predictLatency(table)(model) / taken - 1)).toBeLessThan(0.2)
})

const flat = (milliseconds: number): Grid => ({ axes: [[1]], values: [milliseconds] })

/** Every kind over sizes of which each counts in proportion. */
const table: LatencyTable = {
  device: 'a device',
  engine: { name: 'wasm', version: '1', threads: 1 },
  call: 0.01,
  layers: {
    ...(Object.fromEntries(workKinds.map(kind => [kind, flat(1e-6)])) as Record<WorkKind, Grid>), // of all kinds
    conv1: { axes: [[1], [1], [1]], values: [1e-6] },
    conv3: { axes: [[1], [1], [1]], values: [9e-6] },
    depthwise3: { axes: [[1], [1]], values: [9e-6] },
    dense: { axes: [[1], [1]], values: [1e-6] },
  },
}

test('a net of more channels is never predicted to be faster', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 20 }), (width, more) => {
      const of = (filters: number) =>
        predictLatency(table)(
          placed(net('n', image(8, 8, 3), convBnAct(filters, 3), convBnAct(9, 1), globalAvgPool, dense(2))),
        )
      expect(of(width + more)).toBeGreaterThanOrEqual(of(width))
    }),
    { numRuns: 30 },
  )
})

test('a target in latency is met by the table of another device, without an engine', async () => {
  const model = modelOf(1)(small)
  const predict = predictLatency(table)
  const before = opened.length
  const cut = (share: number) => prune({ keep: { macs: share }, by: l1, normalize: 'global' })(model)
  const half = await succeed(pruneToLatency(table, { keep: { latency: 0.5 } }, cut)(model))
  expect(predict(half.model)).toBeLessThanOrEqual(0.5 * predict(model))
  const limit = 0.3 * predict(model)
  const third = await succeed(pruneToLatency(table, { atMost: { latency: limit } }, cut)(model))
  expect(predict(third.model)).toBeLessThanOrEqual(limit)
  expect(opened.length).toBe(before)
})

test('a table is data, and one that cannot be is refused', () => {
  expect(right(latencyTableCodec.decode(JSON.parse(JSON.stringify(table))))).toEqual(table)
  for (const wrong of [
    { ...table, call: -1 },
    { ...table, layers: { ...table.layers, pool: { axes: [[1, 2]], values: [1] } } },
    { ...table, layers: { ...table.layers, pool: { axes: [[2, 1]], values: [1, 1] } } },
    { ...table, layers: {} },
  ])
    expect(latencyTableCodec.decode(wrong)._tag).toBe('Left')
})
