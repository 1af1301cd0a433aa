import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Engine, Session } from '../src/engine/engine.js'
import { emitProgram } from '../src/engine/tensorflow/graph/program.js'
import { loadBinding, loadEngine } from '../src/engine/tensorflow/load.js'
import { findNative } from '../src/engine/tensorflow/native.js'
import type { Graph, Program, Value } from '../src/graph/graph.js'
import * as op from '../src/graph/operations.js'
import { sizeOf } from '../src/net/shape.js'
import { begunOf, feedsOf, map, row, same } from './operations.js'

const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

const there = O.isSome(findNative())
if (!there) console.warn('skipped: tests of the TensorFlow engine, which is not built (npm run engine)')

describe.skipIf(!there)('the TensorFlow engine', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = right(await loadEngine()())
  })

  const open = async <P extends Program>(program: P): Promise<Session<P>> =>
    right(await engine.open(program)())
  const tensors = (): number => right(loadBinding()).binding.getNumOfTensors()
  const models = (): number => right(loadBinding()).binding.getNumOfSavedModels()

  test('a wrong size, a missing feed and an unknown call are named, without leaks', async () => {
    const session = await open({ go: { outputs: { y: op.relu(op.input('x', [2])) }, updates: [] } })
    const before = tensors()
    expect(() => session.run('go', { x: new Float32Array(3) })).toThrow('feed x: expected [2], got 3')
    expect(() => session.run('go', {})).toThrow('feed x: expected [2], got nothing')
    expect([...session.run('go', { x: Float32Array.of(-1, 1) }).y]).toEqual([0, 1])
    expect(tensors()).toBe(before)
    session.close()
  })

  test('a load failure is an error value', async () => {
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

  test('many sessions leave no tensor', async () => {
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

  test('names are legal and unique, and references resolve', () => {
    const names = nodes.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9.][A-Za-z0-9_.\-/>]*$/)
    for (const input of nodes.flatMap(({ inputs }) => inputs))
      expect(names).toContain(input.replace(/^\^|:\d+$/g, ''))
    expect(Object.keys(calls.go?.inputs ?? {})).toEqual(['no,t/é'])
  })

  test('a node has the given device', () => {
    for (const { name, device } of nodes)
      expect(device).toBe(name.startsWith('call/go') ? '/device:GPU:0' : undefined)
  })

  test('every value is emitted once', () => {
    const x = op.relu(op.input('x', [2]))
    const many = emitProgram()({ go: { outputs: { a: x, b: op.add(x, x), c: op.mul(x, x) }, updates: [] } })
    expect(many.nodes.filter(node => node.op === 'Relu')).toHaveLength(1)
    expect(sizeOf(x.shape)).toBe(2)
  })
})
