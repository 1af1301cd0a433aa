import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import type { Session } from '../../src/engine/engine.js'
import type { Program } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import { available } from '../support/engines.js'
import { apart, noiseOf, shaken } from '../support/nets/agree.js'
import {
  begunOf,
  dataOf,
  examples,
  feedsOf,
  learning,
  smallWindow,
  told,
  windowsOf,
} from '../support/nets/operations.js'
import { type Disturb, evaluate } from '../support/nets/reference.js'

describe.each(await available())('on %s', (_, engine) => {
  const open = async <P extends Program>(program: P): Promise<Session<P>> => {
    const session = await engine.open(program)()
    if (E.isLeft(session)) throw new Error(JSON.stringify(session.left))
    return session.right
  }

  /** How far a program's calls and variables are from the reference beyond rounding, each call on variables of its own. */
  const error = async (program: Program): Promise<number> => {
    const session = await open(program)
    const begun = begunOf(program)
    const errors = Object.entries(program).flatMap(([call, graph]) => {
      const compute = (disturb?: Disturb) => evaluate(graph, feedsOf(graph), dataOf(begun), disturb)
      const expected = compute()
      const noise = noiseOf(
        expected.outputs,
        [1, 2, 3].map(nth => compute(shaken(nth, 1e-6)).outputs),
      )
      session.write(begun)
      const got = session.run(call, feedsOf(graph))
      const after = session.read()
      return [apart(expected.outputs, got, noise), apart(expected.variables, dataOf(after))]
    })
    session.close()
    return Math.max(...errors)
  }

  test.each(Object.entries(examples))('%s equals its definition', async (_, values) => {
    expect(await error(Object.fromEntries(values.map((value, nth) => [`${nth}`, told(value)])))).toBeLessThan(
      1e-5,
    )
  })

  test('windows of any size, stride, dilation and padding, forward and back', async () => {
    await fc.assert(
      fc.asyncProperty(smallWindow, async drawn => {
        expect(await error({ windows: { outputs: windowsOf(drawn), updates: [] } })).toBeLessThan(1e-5)
      }),
      { numRuns: 40 },
    )
  })

  test('a weight reads the initial value, an update returns the new one', async () => {
    const w = op.weight('w', [2])
    const first = op.assign('w', op.add(w, 1))
    const second = op.momentum('w', w, op.constant(0.5), { momentum: 0.9, nesterov: false })
    const third = op.average('v', second, 0.25)
    const later = op.mul(op.weight('w', [2]), 10)
    const fourth = op.average('w', third, 0.5)
    const updates = [first, second, third, fourth]
    const program = { go: { outputs: { later, first, second, third, fourth, w }, updates } }
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

  test('a constant has its value from the beginning, in every call, beside variables that change', async () => {
    const [a, b] = [op.weight('a', [2]), op.weight('b', [2])]
    const opened = await engine.open(
      {
        step: { outputs: { y: op.mul(a, b) }, updates: [op.assign('b', op.add(a, b))] },
        get: { outputs: { y: op.add(a, b) }, updates: [] },
      },
      {
        a: { shape: [2], data: Float32Array.of(1, 2) },
        elsewhere: { shape: [1], data: Float32Array.of(1) },
      },
    )()
    if (E.isLeft(opened)) throw new Error(JSON.stringify(opened.left))
    const session = opened.right
    session.write({ b: { shape: [2], data: Float32Array.of(3, 4) } })
    expect([...session.run('step', {}).y]).toEqual([3, 8])
    expect([...session.run('get', {}).y]).toEqual([5, 8])
    const { a: stays, b: moved } = session.read()
    expect([stays?.data, moved?.data]).toEqual([Float32Array.of(1, 2), Float32Array.of(4, 6)])
    session.close()
  })

  test('feeds and outputs are not modified by later calls', async () => {
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

  test('sessions are independent and reproducible bit for bit', async () => {
    const program = learning()
    const [one, other] = [await open(program), await open(program)]
    one.write(begunOf(program))
    other.write(begunOf(program, 9))
    const steps = (session: Session<typeof program>) =>
      Array.from({ length: 10 }, (_, n) => session.run('go', feedsOf(program.go, n)).loss?.[0])
    const [first, strange] = [steps(one), steps(other)]
    expect(first).not.toEqual(strange)
    one.write(begunOf(program, 9))
    expect(steps(one)).toEqual(strange)
    one.close()
    expect(steps(other).every(Number.isFinite)).toBe(true)
    other.close()
  })

  test('a wrong size, a missing feed and an unknown call are named', async () => {
    const session = await open({ go: { outputs: { y: op.relu(op.input('x', [2])) }, updates: [] } })
    expect(() => session.run('go', { x: new Float32Array(3) })).toThrow(/feed x: expected .*, got 3/)
    expect(() => session.run('go', {})).toThrow(/feed x: expected .*, got nothing/)
    expect([...session.run('go', { x: Float32Array.of(-1, 1) }).y]).toEqual([0, 1])
    session.close()
  })

  test('memory stays flat over many sessions', async () => {
    const program = learning()
    const cycle = async (times: number): Promise<number> => {
      for (let n = 0; n < times; n++) {
        const session = await open(program)
        session.run('go', feedsOf(program.go))
        session.close()
      }
      return process.memoryUsage().rss
    }
    const begun = await cycle(40)
    expect((await cycle(120)) / begun).toBeLessThan(1.2)
  }, 60_000)
})
