import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import type { Session } from '../../src/engine/engine.js'
import { WebAssembly } from '../../src/engine/wasm/host.js'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { type Lifetime, layBuffers, spaceOf } from '../../src/engine/wasm/planning/arena.js'
import { type Buffer, temporaryBuffer } from '../../src/engine/wasm/planning/buffers.js'
import { fuse } from '../../src/engine/wasm/planning/fuse.js'
import { order } from '../../src/engine/wasm/planning/order.js'
import { plan } from '../../src/engine/wasm/planning/plan.js'
import { barrier, startThreads } from '../../src/engine/wasm/threads.js'
import { differentiate } from '../../src/graph/differentiate.js'
import { type Graph, inputsOf, type Kind, type Value } from '../../src/graph/graph.js'
import { crossEntropy } from '../../src/graph/loss.js'
import { lower } from '../../src/graph/lower.js'
import * as op from '../../src/graph/operations.js'
import { sgd, updatesOf } from '../../src/graph/optimizer.js'
import type { Net } from '../../src/net/tree.js'
import { init, type Weights } from '../../src/net/weights.js'
import { inception, net, residual } from '../../src/net/words/combinators.js'
import {
  avgPool,
  convBnAct,
  dense,
  depthwiseBnAct,
  globalAvgPool,
  image,
  maxPool,
} from '../../src/net/words/leaves.js'
import { apart } from '../support/nets/agree.js'
import { fedWith } from '../support/nets/arbitrary.js'
import {
  arbitraryNorm,
  arbitraryWindow,
  type DrawnWindow,
  feedsOf as feedsFor,
  normsOf,
  windowsOf,
} from '../support/nets/operations.js'
import { evaluate } from '../support/nets/reference.js'
import { placed, right } from '../support/nets/surgery.js'

/** A training step of a net, by momentum. */
const stepOf = (net: Net, batch: number): { readonly step: Graph } => {
  const { logits, weights, statistics } = lower({ batch, mode: 'training' })(placed(net))
  const loss = crossEntropy(logits, op.softmax(op.input('targets', logits.shape)))
  const moved = [...weights].filter(([key]) => !/\/(mean|variance)$/.test(key))
  const gradients = differentiate()(
    loss,
    moved.map(([, weight]) => weight),
  )
  const slopes = moved.map(([key, weight], n) => ({ key, weight, gradient: gradients[n] ?? weight }))
  const updates = updatesOf(sgd(), op.constant(0.05))(slopes)
  return {
    step: {
      outputs: { loss },
      updates: [...updates, ...statistics.map(({ key, seen, keep }) => op.average(key, seen, keep))],
    },
  }
}

const feedsOf = ({ step }: { readonly step: Graph }, seed: number) =>
  Object.fromEntries(
    Object.entries(inputsOf(step)).map(([name, shape]) => [name, fedWith(seed, name, shape)]),
  )

/** Large enough that threads share it. */
const module = { point: 5, three: [7, 9], five: [4, 8], pool: 6 } as const
const wide = net(
  'wide',
  image(20, 18, 3),
  convBnAct(11, 3, { name: 'stem' }),
  depthwiseBnAct(3),
  inception('a', module),
  maxPool(2),
  residual('r', convBnAct(28, 3, { activation: null }), { activation: 'relu' }),
  avgPool(3, { stride: 1 }),
  inception('b', module),
  globalAvgPool,
  dense(4),
)

const batch = 6
const program = stepOf(wide, batch)

const trained = async (
  threads: number,
  steps: number,
): Promise<{ readonly losses: readonly unknown[]; readonly weights: Weights }> => {
  const engine = right(await loadWasm(threads)())
  const session: Session<typeof program> = right(await engine.open(program)())
  session.write(right(init(0)(wide)).weights)
  const losses = Array.from({ length: steps }, (_, n) => session.run('step', feedsOf(program, n)).loss?.[0])
  const weights = session.read()
  session.close()
  return { losses, weights }
}

test('results are bit-equal for any number of threads', async () => {
  const alone = await trained(1, 5)
  expect(alone.losses.every(Number.isFinite)).toBe(true)
  expect(await trained(2, 5)).toEqual(alone)
  expect(await trained(3, 5)).toEqual(alone)
}, 60_000)

describe('alone on one thread, with what it reads behind its scratch and what others keep behind its result', () => {
  const bystanders = Object.fromEntries(
    [2048, 128, 16].map(size => [`bystander ${size}`, op.input(`bystander ${size}`, [size])]),
  )
  const error = async (value: Value): Promise<number> => {
    const engine = right(await loadWasm(1)())
    const graph: Graph = { outputs: { value, ...bystanders }, updates: [] }
    const feeds = feedsFor(graph)
    const session = right(await engine.open({ go: graph })())
    const got = session.run('go', feeds)
    session.close()
    return apart(evaluate(graph, feeds, {}).outputs, got)
  }
  const exact = async (values: Readonly<Record<string, Value>>): Promise<void> => {
    for (const [name, value] of Object.entries(values)) expect(await error(value), name).toBeLessThan(1e-5)
  }

  test('each window equals its definition', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryWindow, drawn => exact(windowsOf(drawn))),
      { numRuns: 60 },
    )
  }, 60_000)

  test('two windows that write neighbouring channels do not overlap', async () => {
    const joined = (drawn: DrawnWindow) => {
      const others: Readonly<Record<string, Value>> = windowsOf(drawn, 'other ')
      const pairs = Object.entries(windowsOf(drawn)).map(([name, value]) => [
        name,
        op.concat([value, others[name] ?? value]),
      ])
      return Object.fromEntries(pairs) as Readonly<Record<string, Value>>
    }
    await fc.assert(
      fc.asyncProperty(arbitraryWindow, drawn => exact(joined(drawn))),
      { numRuns: 20 },
    )
  }, 60_000)

  test('each norm equals its definition', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryNorm, drawn => exact(normsOf(drawn))),
      { numRuns: 40 },
    )
  }, 60_000)
})

test('memory stays flat over thousands of steps', async () => {
  const small = stepOf(net('small', image(8, 8, 3), convBnAct(4), convBnAct(6), globalAvgPool, dense(3)), 4)
  const engine = right(await loadWasm()())
  const session = right(await engine.open(small)())
  const feeds = feedsOf(small, 0)
  const run = (steps: number): number => {
    for (let n = 0; n < steps; n++) session.run('step', feeds)
    return process.memoryUsage().rss
  }
  const begun = run(500)
  expect(run(4500) / begun).toBeLessThan(1.05)
  session.close()
}, 60_000)

test('a closed session’s memory is reused', async () => {
  const engine = right(await loadWasm(2)())
  const cycle = async (times: number): Promise<number> => {
    for (let n = 0; n < times; n++) {
      const session = right(await engine.open(program)())
      session.run('step', feedsOf(program, 0))
      session.close()
      session.close()
      expect(() => session.run('step', feedsOf(program, 0))).toThrow('the session is closed')
    }
    return process.memoryUsage().rss
  }
  const begun = await cycle(3)
  expect((await cycle(25)) / begun).toBeLessThan(1.3)
}, 60_000)

test('a session in a reused memory begins with zeros', async () => {
  const engine = right(await loadWasm(1)())
  const remember = { go: { outputs: { w: op.weight('w', [70]) }, updates: [] } }
  const first = right(await engine.open(remember)())
  first.write({ w: { shape: [70], data: new Float32Array(70).fill(7) } })
  first.close()
  const second = right(await engine.open(remember)())
  expect(second.run('go', {}).w).toEqual(new Float32Array(70))
  second.close()
})

test('a program larger than a wasm memory is refused, with its size', async () => {
  const engine = right(await loadWasm(1)())
  const huge = { go: { outputs: { y: op.relu(op.input('x', [1 << 15, 1 << 15])) }, updates: [] } }
  const opened = await engine.open(huge)()
  expect(opened).toMatchObject({ _tag: 'Left', left: { _tag: 'EngineFailed', engine: 'wasm' } })
  expect(E.isLeft(opened) && JSON.stringify(opened.left)).toMatch(/expected at most 4096 MiB, got 8193 MiB/)
})

/** Opens, runs and closes sessions of one shared step, each in the memory of the one before. */
const manySessions = (count: number): string => `
import { loadWasm } from ${JSON.stringify(pathToFileURL('src/engine/wasm/index.ts').href)}
import * as op from ${JSON.stringify(pathToFileURL('src/graph/operations.ts').href)}
const { right: engine } = await loadWasm(2)()
const x = op.input('x', [1 << 18])
const feeds = { x: new Float32Array(1 << 18) }
for (let nth = 0; nth < ${count}; nth++) {
  const { right: session } = await engine.open({ go: { outputs: { y: op.relu(x) }, updates: [] } })()
  session.run('go', feeds)
  session.close()
}
process.exit(0)
`

test('a memory is reused while a thread still wakes up at the last barrier of the session before', () => {
  const script = ['--import', 'tsx', '--input-type=module', '--eval', manySessions(2000)]
  execFileSync(process.execPath, script, { timeout: 60_000 }) // where the threads wait for each other, it never ends
})

test.each(['before', 'while'])(
  'a thread that fails %s another waits for it ends the call on both',
  moment => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    const control = new Int32Array(memory.buffer, 0, 16)
    const broken = { __module: undefined as never } // no module at all
    const work = () => {
      if (moment === 'before') Atomics.wait(control, barrier.passed, 0)
    }
    const calls = { go: [{ kernel: 'work', units: 2, args: [], shared: true }] }
    const ensemble = startThreads(2).gather(
      { exports: { begin: () => undefined, work } },
      { module: broken, memory, calls, scratch: () => 64 },
    )
    expect(() => ensemble.run('go')).toThrow('a thread of the wasm engine failed')
  },
)

describe('the plan', () => {
  const kept = (): Buffer => ({ floats: 1, lasting: true })
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
    const { tasks } = plan(program.step, { variable: kept, constant: kept })
    const joins = tasks.filter(({ value }) => value.op.kind === 'concat')
    expect(joins).toHaveLength(2)
    for (const { emitted } of joins)
      expect(emitted.steps(({ buffer, offset }) => buffer.floats * 1e6 + offset, [])).toEqual([])
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
