/** The plan of a wasm program: what is fused, in which order, and where its values lie. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Lifetime, layBuffers, spaceOf } from '../../src/engine/wasm/planning/arena.js'
import { type Buffer, temporaryBuffer } from '../../src/engine/wasm/planning/buffers.js'
import { fuse } from '../../src/engine/wasm/planning/fuse.js'
import { order } from '../../src/engine/wasm/planning/order.js'
import { plan } from '../../src/engine/wasm/planning/plan.js'
import type { Graph, Kind } from '../../src/graph/graph.js'
import { lower } from '../../src/graph/lower.js'
import { placed } from '../support/nets/surgery.js'
import { batch, program, wide } from './wide-net.js'

describe('the plan', () => {
  const kept = (): Buffer => ({ floats: 1, lasting: true, fixed: false })
  const kinds = (graph: Graph): readonly Kind[] => fuse(graph).run.map(({ op }) => op.kind)

  test('a ReLU fuses into the norm before it, forward and backward, and gradients accumulate', () => {
    const run = kinds(program.step)
    expect(run.filter(kind => kind === 'relu')).toHaveLength(1) // behind the residual sum
    expect(run.filter(kind => kind === 'reluGrad')).toHaveLength(1)
    const sums = fuse(program.step).run.filter(
      ({ op, shape }) => op.kind === 'add' && shape.length === 4 && shape[0] === batch,
    )
    expect(sums).toHaveLength(2) // the residual sum, and its way back
  })

  test('a fixed norm and its ReLU fuse into the product', () => {
    const { logits } = lower({ batch, mode: 'inference' })(placed(wide))
    const run = kinds({ outputs: { logits }, updates: [] })
    expect(run.filter(kind => kind === 'normalise')).toHaveLength(1) // depthwise stores only what it sums
  })

  test('branches write into their concat, which copies nothing', () => {
    const { tasks } = plan(program.step, { variable: kept, constant: kept, prepared: kept })
    const joins = tasks.filter(({ value }) => value.op.kind === 'concat')
    expect(joins).toHaveLength(2)
    for (const { emitted } of joins)
      expect(emitted.steps(({ buffer, offset }) => buffer.floats * 1e6 + offset, [], [])).toEqual([])
  })

  test('a number a channel and image is stretched over pixels by one kernel call', () => {
    const { tasks } = plan(program.step, { variable: kept, constant: kept, prepared: kept })
    const stretched = tasks.filter(({ value }) => value.op.kind === 'broadcast' && value.shape.length === 4)
    expect(stretched).toHaveLength(1) // the gradient of the global pool
    for (const { emitted } of stretched) expect(emitted.steps(() => 0, [], [])).toHaveLength(1)
  })

  const lives = fc.array(
    fc.record({ floats: fc.integer({ min: 1, max: 500 }), first: fc.nat(20), length: fc.nat(8) }),
    { minLength: 1, maxLength: 40 },
  )

  test('buffers with overlapping lifetimes never overlap', () => {
    fc.assert(
      fc.property(lives, drawn => {
        const all = drawn.map(
          ({ floats, first, length }) => [temporaryBuffer(floats), { first, last: first + length }] as const,
        )
        const { offsets, bytes } = layBuffers(new Map<Buffer, Lifetime>(all))
        const from = (buffer: Buffer) => offsets.get(buffer) ?? Number.NaN
        for (const [a, lifeOfA] of all) {
          expect(from(a) + spaceOf(a)).toBeLessThanOrEqual(bytes)
          for (const [b, lifeOfB] of all) {
            if (a === b || lifeOfA.last < lifeOfB.first || lifeOfB.last < lifeOfA.first) continue
            expect(from(a) >= from(b) + spaceOf(b) || from(b) >= from(a) + spaceOf(a)).toBe(true)
          }
        }
      }),
    )
  })

  test('every task comes once, after its dependencies', () => {
    const graphs = fc.array(fc.array(fc.nat(30), { maxLength: 3 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(graphs, drawn => {
        const needs = drawn.map((each, task) => new Set(each.filter(need => need < task)))
        const done = order(
          drawn.map((_, task) => ({ touches: [temporaryBuffer(task + 1)] })),
          needs,
        )
        expect([...done].sort((a, b) => a - b)).toEqual(drawn.map((_, task) => task))
        done.forEach((task, at) => {
          for (const need of needs[task] ?? []) expect(done.indexOf(need)).toBeLessThan(at)
        })
      }),
    )
  })
})
