/** The wasm engine: its threads, its memory and its kernels alone. */
import { execFileSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import type { Session } from '../../src/engine/engine.js'
import { WebAssembly } from '../../src/engine/wasm/host.js'
import { loadWasm } from '../../src/engine/wasm/index.js'
import { barrier, startThreads } from '../../src/engine/wasm/threads.js'
import { type Graph, inputsOf, type Value } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import { init, type Weights } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, globalAvgPool, image } from '../../src/net/words/leaves.js'
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
import { right } from '../support/nets/surgery.js'
import { program, stepOf, wide } from './wide-net.js'

const feedsOf = ({ step }: { readonly step: Graph }, seed: number) =>
  Object.fromEntries(
    Object.entries(inputsOf(step)).map(([name, shape]) => [name, fedWith(seed, name, shape)]),
  )

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
