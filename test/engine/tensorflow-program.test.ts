/** What TensorFlow is given: the session's options, and the graph. */
import { describe, expect, test } from 'vitest'
import { sessionConfig } from '../../src/engine/tensorflow/config.js'
import { emitProgram } from '../../src/engine/tensorflow/graph/program.js'
import { isFusingQuicker, optionsFor, partsFor } from '../../src/engine/tensorflow/heuristics.js'
import type { Program } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import { sizeOf } from '../../src/net/shape.js'
import { learning, same } from '../support/nets/operations.js'

const inference = (images: number, size: number): Program => ({
  infer: {
    outputs: {
      y: op.conv(op.input('images', [images, size, size, 8]), op.weight('k', [3, 3, 8, 16]), same),
    },
    updates: [],
  },
})

describe('what a session is opened with', () => {
  test('threads, and memory that grows', () => {
    expect([...sessionConfig({ threads: 3 })]).toEqual([0x10, 3, 0x32, 2, 0x20, 1])
    expect(sessionConfig({ threads: 3, parts: 2 })).toEqual(sessionConfig({ threads: 1, serial: true }))
    expect(sessionConfig({ threads: 3, serial: true })).toEqual(sessionConfig({ threads: 1, serial: true }))
    expect([...sessionConfig({ threads: 1, serial: true, xla: true })]).toEqual([
      ...[0x10, 1, 0x28, ...Array.from({ length: 9 }, () => 0xff), 1],
      ...[0x32, 2, 0x20, 1, 0x52, 4, 0x1a, 2, 0x28, 1],
    ])
  })

  const [alone, shared, usual] = [{ threads: 1, serial: true }, { threads: 2, serial: true }, { threads: 2 }]

  test.each([
    ['one image through a small net', inference(1, 32), alone, shared],
    ['more work than one thread does as fast', inference(1, 256), usual, shared],
    ['a batch', inference(2, 4), usual, usual],
    ['training', learning(), usual, usual],
  ])('one operation after another for one image alone: %s', (_, program, without, withKernels) => {
    expect(optionsFor(program, { threads: 2, hasKernels: false })).toEqual(without)
    expect(optionsFor(program, { threads: 2, hasKernels: true })).toEqual(withKernels)
  })

  test.each([
    ['one image through any net', inference(1, 640), true],
    ['few through any net', inference(32, 640), true],
    ['many in a small net', inference(64, 32), true],
    ['many in a large net', inference(64, 256), false],
  ])('convolutions of the addon where they are quicker: %s', (_, program, quicker) => {
    expect(isFusingQuicker(program)).toBe(quicker)
  })
})

describe('into how many parts a batch is split', () => {
  test.each([
    ['few for kernels of its own', inference(64, 80), { threads: 2, hasKernels: true }, 4],
    ['more without', inference(64, 80), { threads: 2, hasKernels: false }, 2],
    ['as many in a small net', inference(64, 8), { threads: 2, hasKernels: true }, 2],
    ['one for each thread', inference(64, 80), { threads: 8, hasKernels: true }, 8],
    ['equal ones', inference(100, 80), { threads: 2, hasKernels: true }, 10],
    ['none of a prime number', inference(61, 80), { threads: 2, hasKernels: true }, 1],
    ['none of one image', inference(1, 80), { threads: 2, hasKernels: true }, 1],
    ['none in training', learning(), { threads: 2, hasKernels: true }, 1],
  ])('%s', (_, program, means, parts) => {
    expect(partsFor(program, means)).toBe(parts)
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
