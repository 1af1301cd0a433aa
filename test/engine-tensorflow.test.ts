import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Engine, Session } from '../src/engine/engine.js'
import { loadBinding, loadEngine } from '../src/engine/tensorflow/load.js'
import { findNative } from '../src/engine/tensorflow/native.js'
import { emitProgram } from '../src/engine/tensorflow/program.js'
import * as op from '../src/graph/ops.js'
import { type Graph, inputsOf, type Kind, type Program, type Value, variablesOf } from '../src/graph/value.js'
import { sizeOf } from '../src/net/shape.js'
import type { Weights } from '../src/net/weights.js'
import { fedWith } from './arbitrary.js'
import { evaluate } from './reference.js'

const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

const there = O.isSome(findNative())
if (!there) console.warn('skipped: tests of the TensorFlow engine, which is not built (npm run engine)')

/** In [low, high) instead of [−1, 1). */
const within = (low: number, high: number, x: Value): Value =>
  op.add(op.mul(op.add(x, 1), (high - low) / 2), low)

const matrix = op.input('matrix', [3, 4])
const row = op.input('row', [4])
const scale = op.input('scale', [4])
const rate = within(0.01, 0.1, op.input('rate', []))
const power = within(0.5, 0.9, op.input('power', []))
const map = op.input('map', [2, 6, 5, 4])
const signal = op.input('signal', [2, 6, 5, 4])
const filters = op.input('filters', [3, 3, 4, 5])
const filter = op.input('filter', [3, 3, 4, 1])
const same = { stride: 1, dilation: 1, padding: 'same' } as const
const normed = op.batchNorm(map, scale, row, 1e-3)
const normedRows = op.batchNorm(matrix, scale, row, 1e-3)
const positive = within(0.5, 2, matrix)
const symmetric = op.add(op.matmul(matrix, matrix, { transposeB: true }), op.eye(3))

const parts = (value: Value, count: number): readonly Value[] =>
  Array.from({ length: count }, (_, nth) => op.part(nth + 1, value, scale.shape))

const backOf = (x: Value, norm: Value): readonly Value[] => {
  const back = op.batchNormGrad(op.input('signal', x.shape), x, scale, norm, 1e-3)
  return [back, ...parts(back, 2)]
}

const pools = [
  { size: 2, stride: 2, dilation: 1, padding: 'same' },
  { size: 3, stride: 1, dilation: 1, padding: 'same' },
  { size: 3, stride: 2, dilation: 1, padding: 'valid' },
] as const

const convolved = op.conv(map, filters, same)
const channelwise = op.depthwise(map, filter, same)
const losses = op.crossEntropy(matrix, op.softmax(op.input('targets', [3, 4])))

/** Each operation by example; the type says that none is left out. */
const examples: { readonly [K in Kind]: readonly Value[] } = {
  input: [matrix],
  weight: [op.weight('w', [3, 4])],
  constant: [op.constant(-1.5)],
  eye: [op.eye(3)],
  part: [...parts(normed, 2), ...parts(normedRows, 2), op.part(1, losses, [3, 4])],
  conv: [convolved],
  convInput: [op.convInput(op.input('dy', convolved.shape), filters, map, same)],
  convKernel: [op.convKernel(op.input('dy', convolved.shape), map, filters, same)],
  depthwise: [channelwise],
  depthwiseInput: [op.depthwiseInput(signal, filter, map, same)],
  depthwiseKernel: [op.depthwiseKernel(signal, map, filter, same)],
  matmul: [false, true].flatMap(transposeA =>
    [false, true].map(transposeB =>
      op.matmul(op.input('a', transposeA ? [3, 2] : [2, 3]), op.input('b', transposeB ? [4, 3] : [3, 4]), {
        transposeA,
        transposeB,
      }),
    ),
  ),
  batchNorm: [normed, normedRows],
  batchNormGrad: [...backOf(map, normed), ...backOf(matrix, normedRows)],
  normalise: [map, matrix].map(x => op.normalise(x, scale, row, row, within(0.5, 2, scale), 1e-3)),
  maxPool: pools.map(pool => op.maxPool(map, pool)),
  avgPool: pools.map(pool => op.avgPool(map, pool)),
  maxPoolGrad: pools.map(pool => {
    const y = op.maxPool(map, pool)
    return op.maxPoolGrad(op.input('dy', y.shape), map, y, pool)
  }),
  avgPoolGrad: pools.map(pool => op.avgPoolGrad(op.input('dy', op.avgPool(map, pool).shape), map, pool)),
  relu: [op.relu(matrix)],
  relu6: [op.relu6(op.mul(matrix, 10))],
  sigmoid: [op.sigmoid(matrix)],
  tanh: [op.tanh(matrix)],
  exp: [op.exp(matrix)],
  log: [op.log(positive)],
  sqrt: [op.sqrt(positive)],
  square: [op.square(matrix)],
  abs: [op.abs(matrix)],
  sign: [op.sign(matrix), op.sign(op.mul(matrix, 0))],
  neg: [op.neg(matrix)],
  reluGrad: [op.reluGrad(op.input('dy', [3, 4]), op.relu(matrix))],
  relu6Grad: [op.relu6Grad(op.input('dy', [3, 4]), op.relu6(op.mul(matrix, 10)))],
  add: [op.add(matrix, row), op.add(row, matrix), op.add(map, row), op.add(matrix, 2), op.add(map, signal)],
  sub: [op.sub(matrix, row), op.sub(1, matrix)],
  mul: [op.mul(matrix, row), op.mul(op.input('column', [3, 1]), matrix)],
  div: [op.div(matrix, positive), op.div(1, positive)],
  minimum: [op.minimum(matrix, row)],
  maximum: [op.maximum(matrix, 0.25)],
  greater: [op.greater(matrix, row), op.greater(matrix, matrix)],
  sum: [
    op.sum(row, []),
    ...[[], [0], [1], [0, 1, 2], [1, 2], [0, 1, 2, 3], [3]].flatMap(axes =>
      [false, true].map(keep => op.sum(map, axes, keep)),
    ),
  ],
  reshape: [op.reshape(matrix, [12]), op.reshape(matrix, [3, 2, 2]), op.reshape(matrix, [2, 6])],
  broadcast: [op.broadcast(row, [3, 4]), op.broadcast(op.constant(2), [2, 3]), op.broadcast(matrix, [3, 4])],
  concat: [op.concat([matrix, op.input('column', [3, 1]), matrix]), op.concat([map])],
  slice: [op.slice(map, 1, 2), op.slice(matrix, 0, 4), op.slice(row, 3, 1)],
  softmax: [op.softmax(matrix), op.softmax(op.mul(matrix, 100))],
  crossEntropy: [losses],
  inverse: [op.inverse(symmetric)],
  largest: [1, 3, 4].map(count => op.largest(row, count)),
  stop: [op.stop(matrix)],
  assign: [op.assign('w', matrix)],
  average: [op.average('w', matrix, 0.9)],
  momentum: [false, true].map(nesterov => op.momentum('w', matrix, rate, { momentum: 0.9, nesterov })),
  adam: [op.adam('w', matrix, rate, [power, power], { beta1: 0.9, beta2: 0.99, epsilon: 1e-4 })],
}

const updating: readonly Kind[] = ['assign', 'average', 'momentum', 'adam']

/** A value told, and made true where it changes a variable. */
const told = (y: Value): Graph => ({ outputs: { y }, updates: updating.includes(y.op.kind) ? [y] : [] })

const feedsOf = (graph: Graph, seed = 1) =>
  Object.fromEntries(
    Object.entries(inputsOf(graph)).map(([name, shape]) => [name, fedWith(seed, name, shape)]),
  )

const begunOf = (program: Program, seed = 2): Weights =>
  Object.fromEntries(
    Object.entries(variablesOf(program)).map(([name, shape]) => [
      name,
      { shape, data: fedWith(seed, name, shape).map(name.endsWith('second') ? Math.abs : value => value) },
    ]),
  )

const dataOf = (weights: Weights) =>
  Object.fromEntries(Object.entries(weights).map(([name, { data }]) => [name, data]))

/** The largest difference, relative to the largest value wanted. */
const apart = (wanted: ArrayLike<number>, got: ArrayLike<number> | undefined): number => {
  if (got?.length !== wanted.length) return Number.POSITIVE_INFINITY
  const most = Array.from(wanted).reduce((top, value) => Math.max(top, Math.abs(value)), 1e-3)
  return Array.from(wanted).reduce(
    (worst, value, i) => Math.max(worst, Math.abs(value - (got[i] ?? 0)) / most),
    0,
  )
}

describe.skipIf(!there)('the TensorFlow engine', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = right(await loadEngine()())
  })

  const open = async <P extends Program>(program: P): Promise<Session<P>> =>
    right(await engine.open(program)())
  const tensors = (): number => right(loadBinding()).binding.getNumOfTensors()
  const models = (): number => right(loadBinding()).binding.getNumOfSavedModels()

  /** How far a program's calls and variables are from the reference, each call on variables of its own. */
  const error = async (program: Program): Promise<number> => {
    const session = await open(program)
    const begun = begunOf(program)
    const errors = Object.entries(program).flatMap(([call, graph]) => {
      const wanted = evaluate(graph, feedsOf(graph), dataOf(begun))
      session.write(begun)
      const got = session.run(call, feedsOf(graph))
      const after = session.read()
      return [
        ...Object.entries(wanted.outputs).map(([name, values]) => apart(values, got[name])),
        ...Object.entries(wanted.variables).map(([name, values]) => apart(values, after[name]?.data)),
      ]
    })
    session.close()
    return Math.max(...errors)
  }

  test.each(Object.entries(examples))('%s is what its definition says', async (_, values) => {
    expect(await error(Object.fromEntries(values.map((value, nth) => [`${nth}`, told(value)])))).toBeLessThan(
      1e-5,
    )
  })

  test('windows of any size, stride, dilation and padding, forward and back', async () => {
    const window = fc.record({
      side: fc.tuple(fc.integer({ min: 5, max: 9 }), fc.integer({ min: 5, max: 9 })),
      size: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      padding: fc.constantFrom<('same' | 'valid' | number)[]>('same', 'valid', 0, 1, 2),
    })
    await fc.assert(
      fc.asyncProperty(window, async ({ side, size, stride, dilation, padding }) => {
        const slides = { stride, dilation, padding }
        const inner = typeof padding === 'number' ? Math.min(padding, size - 1) : padding
        const pool = { size, stride, dilation: 1, padding: inner }
        const x = op.input('x', [2, ...side, 3])
        const kernel = op.input('kernel', [size, size, 3, 2])
        const thin = op.input('thin', [size, size, 3, 1])
        const back = (name: string, y: Value) => op.input(name, y.shape)
        const [full, one] = [op.conv(x, kernel, slides), op.depthwise(x, thin, slides)]
        const [top, middle] = [op.maxPool(x, pool), op.avgPool(x, pool)]
        const outputs = {
          full,
          one,
          top,
          middle,
          fullX: op.convInput(back('dfull', full), kernel, x, slides),
          fullK: op.convKernel(back('dfull', full), x, kernel, slides),
          oneX: op.depthwiseInput(back('done', one), thin, x, slides),
          oneK: op.depthwiseKernel(back('done', one), x, thin, slides),
          topX: op.maxPoolGrad(back('dtop', top), x, top, pool),
          middleX: op.avgPoolGrad(back('dtop', top), x, pool),
        }
        expect(await error({ windows: { outputs, updates: [] } })).toBeLessThan(1e-5)
      }),
      { numRuns: 40 },
    )
  })

  test('a weight is what it was when the call began, an update what it becomes', async () => {
    const w = op.weight('w', [2])
    const first = op.assign('w', op.add(w, 1))
    const second = op.momentum('w', w, op.constant(0.5), { momentum: 0.9, nesterov: false })
    const third = op.average('v', second, 0.25)
    const later = op.mul(op.weight('w', [2]), 10)
    const program = { go: { outputs: { later, first, second, third, w }, updates: [first, second, third] } }
    expect(await error(program)).toBeLessThan(1e-6)
  })

  test('calls share variables by name, and each has inputs of its own', async () => {
    const x = op.input('x', [2])
    const session = await open({
      put: { outputs: {}, updates: [op.assign('w', x)] },
      get: { outputs: { y: op.add(op.weight('w', [2]), op.input('x', [2])) }, updates: [] },
    })
    session.run('put', { x: Float32Array.of(3, 4) })
    expect([...session.run('get', { x: Float32Array.of(10, 20) }).y]).toEqual([13, 24])
    session.close()
  })

  test('variables begin as zeros; writing some leaves the others', async () => {
    const session = await open({
      go: { outputs: { y: op.add(op.weight('a', [2]), op.weight('b', [2])) }, updates: [] },
    })
    expect([...(session.read().a?.data ?? [])]).toEqual([0, 0])
    session.write({ a: { shape: [2], data: Float32Array.of(1, 2) } })
    session.write({
      b: { shape: [2], data: Float32Array.of(5, 5) },
      elsewhere: { shape: [1], data: Float32Array.of(1) },
    })
    expect([...session.run('go', {}).y]).toEqual([6, 7])
    session.close()
  })

  test('what is given and what is fetched stays as it is', async () => {
    const size = 4096
    const w = op.weight('w', [size])
    const session = await open({
      put: { outputs: {}, updates: [op.assign('w', op.input('x', [size]))] },
      step: {
        outputs: { w },
        updates: [op.momentum('w', w, op.constant(0.5), { momentum: 0, nesterov: false })],
      },
    })
    const arrays = Array.from({ length: 20 }, () => new Float32Array(size).fill(1))
    for (const x of arrays) {
      session.run('put', { x })
      session.write({ w: { shape: [size], data: x } })
      const before = session.run('step', {}).w
      const after = session.run('step', {}).w
      expect([before[0], after[0], x[0], x.at(-1)]).toEqual([1, 0.5, 1, 1])
    }
    session.close()
  })

  test('a feed of another size, a feed left out, a call that is not there: each is said, and nothing leaks', async () => {
    const session = await open({ go: { outputs: { y: op.relu(op.input('x', [2])) }, updates: [] } })
    const before = tensors()
    expect(() => session.run('go', { x: new Float32Array(3) })).toThrow('feed x: wanted [2], got 3')
    expect(() => session.run('go', {})).toThrow('feed x: wanted [2], got nothing')
    expect([...session.run('go', { x: Float32Array.of(-1, 1) }).y]).toEqual([0, 1])
    expect(tensors()).toBe(before)
    session.close()
  })

  test('what TensorFlow cannot load is a fact', async () => {
    const bad: Value = {
      op: { kind: 'matmul', transposeA: false, transposeB: false },
      inputs: [row, row],
      shape: [4],
    }
    const before = models()
    const opened = await engine.open({ go: { outputs: { bad }, updates: [] } })()
    expect(opened).toMatchObject({ _tag: 'Left', left: { _tag: 'EngineFailed', engine: 'tensorflow' } })
    expect(models()).toBe(before)
  })

  /** A convolution, a batch norm and a weight that learns. */
  const learning = (): Program & { readonly go: Graph } => {
    const kernel = op.weight('kernel', [3, 3, 4, 8])
    const y = op.relu(
      op.batchNorm(op.conv(map, kernel, same), op.weight('scale', [8]), op.weight('shift', [8]), 1e-3),
    )
    const slope = op.convKernel(y, map, kernel, same)
    return {
      go: {
        outputs: { loss: op.sum(y) },
        updates: [op.momentum('kernel', slope, op.constant(1e-3), { momentum: 0.9, nesterov: true })],
      },
    }
  }

  test('the same steps give the same bits in another session', async () => {
    const once = async () => {
      const program = learning()
      const session = await open(program)
      session.write(begunOf(program))
      const losses = Array.from({ length: 30 }, (_, n) => session.run('go', feedsOf(program.go, n)).loss?.[0])
      const weights = session.read()
      session.close()
      return { losses, weights }
    }
    expect(await once()).toEqual(await once())
  })

  test('memory stays flat over thousands of steps, and no tensor remains', async () => {
    const program = learning()
    const session = await open(program)
    const feeds = feedsOf(program.go)
    const run = (steps: number) => {
      for (let step = 0; step < steps; step++) session.run('go', feeds)
      return process.memoryUsage().rss
    }
    const begun = run(1000)
    const ended = run(4000)
    expect(ended / begun).toBeLessThan(1.05)
    expect(tensors()).toBe(0)
    session.close()
  })

  test('opened and closed again and again, nothing remains', async () => {
    const before = models()
    for (let n = 0; n < 20; n++) (await open(learning())).close()
    expect(models()).toBe(before)
    expect(tensors()).toBe(0)
  })
})

describe('the emission', () => {
  const { nodes, calls } = emitProgram({
    device: name => (name.startsWith('call/go') ? '/device:GPU:0' : undefined),
  })({
    go: { outputs: { y: op.mul(op.weight('a b', [2]), op.input('no,t/é', [2])) }, updates: [] },
    'a call': { outputs: { y: op.weight('a b', [2]) }, updates: [op.assign('a b', op.constant(0))] },
  })

  test('names are legal, unique, and those they name are there', () => {
    const names = nodes.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9.][A-Za-z0-9_.\-/>]*$/)
    for (const input of nodes.flatMap(({ inputs }) => inputs))
      expect(names).toContain(input.replace(/^\^|:\d+$/g, ''))
    expect(Object.keys(calls.go?.inputs ?? {})).toEqual(['no,t/é'])
  })

  test('a node runs where it is told', () => {
    for (const { name, device } of nodes)
      expect(device).toBe(name.startsWith('call/go') ? '/device:GPU:0' : undefined)
  })

  test('every value is written once', () => {
    const x = op.relu(op.input('x', [2]))
    const many = emitProgram()({ go: { outputs: { a: x, b: op.add(x, x), c: op.mul(x, x) }, updates: [] } })
    expect(many.nodes.filter(node => node.op === 'Relu')).toHaveLength(1)
    expect(sizeOf(x.shape)).toBe(2)
  })
})
