/** The TensorFlow engine on each of its runtimes. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Engine, Session } from '../../src/engine/engine.js'
import type { Native } from '../../src/engine/tensorflow/install/cache.js'
import { engineOf, loadBinding, loadEngine, loadRuntime } from '../../src/engine/tensorflow/load.js'
import { findNative } from '../../src/engine/tensorflow/native.js'
import type { Graph, Program, Value } from '../../src/graph/graph.js'
import * as op from '../../src/graph/operations.js'
import { begunOf, feedsOf, learning, row } from '../support/nets/operations.js'
import { root } from '../support/programs/command.js'

const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

const native = findNative()

if (O.isNone(native))
  console.warn('skipped: tests of the TensorFlow engine, which is not built (npm run engine)')

const hasAddon = O.isSome(O.flatMap((found: Native) => found.addon)(native))

if (!hasAddon) console.warn('skipped: tests of the addon of TensorFlow, which is not built (npm run engine)')

const runtimes = (['official', 'addon'] as const).filter(runtime =>
  runtime === 'addon' ? hasAddon : O.isSome(native),
)

/** Thirty steps, by `run` or `runAsync`: the losses, and the weights they leave. */
const learn = async (engine: Engine, call: 'run' | 'runAsync' = 'run') => {
  const program = learning()
  const session = right(await engine.open(program)())
  session.write(begunOf(program))
  const losses: (number | undefined)[] = []
  for (let n = 0; n < 30; n++) losses.push((await session[call]('go', feedsOf(program.go, n))).loss?.[0])
  const weights = session.read()
  session.close()
  return { losses, weights }
}

const load = async (runtime: 'addon' | 'official', threads?: number): Promise<Engine> =>
  right(await loadEngine({ runtime, ...(threads !== undefined && { threads }) })())

describe.each(runtimes)('the TensorFlow engine on the %s', runtime => {
  let engine: Engine
  beforeAll(async () => {
    engine = await load(runtime)
  })

  const open = async <P extends Program>(program: P): Promise<Session<P>> =>
    right(await engine.open(program)())
  const graphs = (): number => right(loadRuntime({ runtime })).runtime.countGraphs()
  const tensors = (): number => (runtime === 'addon' ? 0 : right(loadBinding()).binding.getNumOfTensors())

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
    const before = graphs()
    const opened = await engine.open({ go: { outputs: { bad }, updates: [] } })()
    expect(opened).toMatchObject({ _tag: 'Left', left: { _tag: 'EngineFailed', engine: 'tensorflow' } })
    expect(graphs()).toBe(before)
  })

  test('the same steps give the same bits in another session, and by asynchronous runs', async () => {
    const once = await learn(engine)
    expect(await learn(engine)).toEqual(once)
    expect(await learn(engine, 'runAsync')).toEqual(once)
  })

  test('an asynchronous run rejects where a run throws', async () => {
    const session = await open({ go: { outputs: { y: op.relu(op.input('x', [2])) }, updates: [] } })
    await expect(session.runAsync('go', { x: new Float32Array(3) })).rejects.toThrow('expected [2], got 3')
    await expect(session.runAsync('no' as 'go', {})).rejects.toThrow('no call no')
    expect([...(await session.runAsync('go', { x: Float32Array.of(-1, 1) })).y]).toEqual([0, 1])
    session.close()
    expect(() => session.run('go', { x: new Float32Array(2) })).toThrow()
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
    const before = graphs()
    for (let n = 0; n < 20; n++) (await open(learning())).close()
    expect(graphs()).toBe(before)
    expect(tensors()).toBe(0)
  })
})

/** A product of large matrices: takes at least some milliseconds. */
const heavy = (size = 1200): Program & { readonly go: Graph } => {
  const x = op.input('x', [size, size])
  return { go: { outputs: { y: op.sum(op.matmul(x, op.matmul(x, x))) }, updates: [] } }
}

const heavyFeeds = (size = 1200) => ({ x: new Float32Array(size * size).fill(1 / size) })

describe.skipIf(!hasAddon)('the addon', () => {
  test('gives the bits of the official binding by the same operations', async () => {
    const { runtime, threads } = right(loadRuntime({ runtime: 'addon' }))
    const plain = engineOf({ runtime: { ...runtime, hasKernels: false }, threads })
    expect(await learn(plain)).toEqual(await learn(await load('official')))
  })

  test('is what an engine has where nothing else is asked for', async () => {
    const { runtime } = right(loadRuntime({}))
    expect(runtime).toBe(right(loadRuntime({ runtime: 'addon' })).runtime)
    expect(runtime).not.toBe(right(loadRuntime({ runtime: 'official' })).runtime)
  })

  test('leaves the event loop free during a run, and copies its feeds before', async () => {
    const session = right(await (await load('addon')).open(heavy())())
    const feeds = heavyFeeds()
    let turns = 0
    const timer = setInterval(() => turns++)
    const running = session.runAsync('go', feeds)
    feeds.x.fill(0)
    const { y } = await running
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
    expect(y?.[0]).toBeCloseTo(1200, 0)
    session.close()
  })

  test('ends a run under way in a session that is closed meanwhile', async () => {
    const before = right(loadRuntime({ runtime: 'addon' })).runtime.countGraphs()
    const session = right(await (await load('addon')).open(heavy())())
    const running = session.runAsync('go', heavyFeeds())
    session.close()
    expect((await running).y?.[0]).toBeCloseTo(1200, 0)
    expect(() => session.run('go', heavyFeeds())).toThrow('the session is closed')
    expect(right(loadRuntime({ runtime: 'addon' })).runtime.countGraphs()).toBe(before)
  })

  const countThreads = (): number => readdirSync('/proc/self/task').length

  test.skipIf(process.platform !== 'linux')(
    'a session has threads of its own, which end with it',
    async () => {
      const [two, eight] = [await load('addon', 2), await load('addon', 8)]
      expect([two.threads, eight.threads]).toEqual([2, 8])
      const before = countThreads()
      const sessions = [right(await eight.open(learning())()), right(await two.open(learning())())]
      expect(countThreads() - before).toBeGreaterThanOrEqual(8)
      for (const session of sessions) session.close()
      expect(countThreads()).toBe(before)
    },
  )

  /** Opens a session named `session` in another process, and ends it as `lines` do. */
  const inProcess = (lines: string) =>
    promisify(execFile)(
      process.execPath,
      [
        ...['--import', 'tsx', '--expose-gc', '--input-type=module', '--eval'],
        `
import { loadEngine, loadServerRuntime } from '${join(root, 'src/engine/tensorflow/load.js')}'
import * as op from '${join(root, 'src/graph/operations.js')}'
const { right: runtime } = loadServerRuntime(1)
const { right: engine } = await loadEngine({ runtime: 'addon' })()
const x = op.input('x', [1500, 1500])
const open = async () =>
  (await engine.open({ go: { outputs: { y: op.sum(op.matmul(x, op.matmul(x, x))) }, updates: [] } })()).right
const feeds = { x: new Float32Array(1500 * 1500) }
${lines}`,
      ],
      { cwd: root },
    )

  test('a process that exits ends the run under way', async () => {
    const exited = await inProcess(`
let y = x
for (let n = 0; n < 3000; n++) y = op.matmul(y, x)
const { right: session } = await engine.open({ go: { outputs: { y: op.sum(y) }, updates: [] } })()
void session.runAsync('go', feeds)
setTimeout(() => {
  console.log(Date.now())
  process.exit(7)
}, 200)`).catch(error => error)
    const took = Date.now() - Number(exited.stdout)
    expect(exited).toMatchObject({ code: 7, stderr: '' })
    expect(took).toBeLessThan(30_000) // the whole run takes minutes
  })

  test('a server listens at one address alone, and runs the sessions that connect to it', async () => {
    const { stdout } = await inProcess(`
import { connect, createServer } from 'node:net'
import { openSession } from '${join(root, 'src/engine/tensorflow/session.js')}'
const probe = createServer().listen(0, 'localhost')
await new Promise(done => probe.once('listening', done))
const address = 'localhost:' + probe.address().port
await new Promise(done => probe.close(done))
const target = runtime.startServer({ cluster: { worker: [address] }, job: 'worker', task: 0 }, '127.0.0.1')
for (const host of ['127.0.0.1', '127.0.0.2', '::1'])
  await new Promise(done => connect(address.split(':')[1], host)
    .on('connect', () => { console.log(host); done() }).on('error', done))
const y = op.add(op.weight('w', [2]), op.input('x', [2]))
const program = { go: { outputs: { y }, updates: [op.assign('w', y)] } }
const session = openSession(runtime, { threads: 1, target }, program)
for (const x of [1, 2]) console.log(...(await session.runAsync('go', { x: Float32Array.of(x, 10 * x) })).y)
try { openSession(runtime, { threads: 1, target: 'nowhere' }, program) } catch (error) { console.log(error.message) }
process.exit(0)`)
    expect(stdout).toMatch(/^127\.0\.0\.1\n1 10\n3 30\n.*nowhere/)
  })

  test('a session that nobody closed is closed by the garbage collector', async () => {
    const { stdout } = await inProcess(`
await (await open()).runAsync('go', feeds)
const before = runtime.countGraphs()
for (let n = 0; n < 10 && runtime.countGraphs() > 0; n++) { await new Promise(setImmediate); gc() }
console.log(before, runtime.countGraphs())`)
    expect(stdout).toBe('1 0\n')
  })
})
