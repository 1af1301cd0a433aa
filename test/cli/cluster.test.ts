/** One training by two processes: what it computes, and what becomes of it where one is lost. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import * as O from 'fp-ts/lib/Option.js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readModelFile } from '../../src/convert/model-file.js'
import { findNative } from '../../src/engine/tensorflow/native.js'
import { built, command, espalier, expectRefused, root } from '../support/programs/command.js'
import { scratch, succeed } from '../support/scratch.js'

const hasAddon = O.isSome(O.flatMap(findNative(), ({ addon }) => addon))
if (!hasAddon) console.warn('skipped: tests of clusters, as the addon is not built (npm run engine)')

const words =
  'batchNorm, conv, dense, experiment, glyphs, globalAvgPool, image, net, prune, push, relu, train'

const dsl = (schedule: string): string =>
  join(
    scratch({
      'package.json': '{ "type": "module" }',
      'some.ts': `import { ${words} } from '${built}/index.js'
const some = net('some', image(28, 28, 1), conv(4, 3, { stride: 4 }), batchNorm(), relu, globalAvgPool, dense(10))
export default experiment(some, glyphs({ train: 96, test: 20 }), ${schedule})
`,
    }),
    'some.ts',
  )

/** Two ports in a row that were free a moment ago, for each of so many processes. */
const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
    ports.push((server.address() as AddressInfo).port)
  }
  for (const server of servers) await new Promise(closed => server.close(closed))
  return ports
}

interface Running {
  readonly child: ChildProcess
  readonly said: () => string
  /** Exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>
}

const run = (args: readonly string[], program: readonly string[] = [process.execPath]): Running => {
  const [file = '', ...before] = program
  const child = spawn(file, [...before, ...command, ...args], {
    cwd: root,
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr.on('data', (more: Buffer) => {
    text += more
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    child,
    said: () => text,
    ended: new Promise(resolve => child.once('close', (code, signal) => resolve(signal ?? code))),
  }
}

const until = async (said: () => string, text: string): Promise<void> => {
  for (let waited = 0; !said().includes(text); waited += 50) {
    if (waited > 60_000) throw new Error(`${text}: ${said()}`)
    await new Promise(soon => setTimeout(soon, 50))
  }
}

const trained = async (folder: string) => {
  const { model } = await succeed(readModelFile(join(folder, 'model.safetensors')))
  return model.weights
}

const distance = async (a: string, b: string): Promise<number> => {
  const [one, other] = [await trained(a), await trained(b)]
  expect(Object.keys(other)).toEqual(Object.keys(one))
  return Math.max(
    ...Object.entries(one).flatMap(([key, { data }]) =>
      Array.from(data, (value, i) => Math.abs(value - (other[key]?.data[i] ?? Number.NaN))),
    ),
  )
}

const logOf = (folder: string): string => readFileSync(join(folder, 'events.jsonl'), 'utf8')

/** A first worker and another, of one file. */
const pair = async (file: string, folder: string) => {
  const [first = 0, second = 0] = await freePorts(2)
  const cluster = `127.0.0.1:${first},127.0.0.1:${second}`
  const worker = run(['worker', file, '--listen', `${second}`])
  const leader = run([
    'train',
    file,
    '--cluster',
    cluster,
    '--sync-batch-norm',
    '--wait',
    '120',
    '--out',
    folder,
  ])
  return { worker, leader, lost: `127.0.0.1:${second}` }
}

const schedule =
  "train({ epochs: 1, batchSize: 24 }), push({ epochs: 1, batchSize: 24 }), prune({ keep: { params: 0.7 }, by: 'gradientUtility' })"
const patience = 240_000

describe.skipIf(!hasAddon)('two processes', () => {
  const alone = join(scratch(), 'alone')
  const shared = join(scratch(), 'shared')

  test('leave the weights that one leaves', { timeout: patience }, async () => {
    const file = dsl(schedule)
    const single = run(['train', file, '--engine', 'tensorflow', '--out', alone])
    const { worker, leader } = await pair(file, shared)
    expect(await leader.ended, leader.said()).toBe(0)
    expect(await Promise.all([single, worker].map(({ ended }) => ended))).toEqual([0, 0])
    expect(worker.said()).toMatch(/worker 2 of 2\nthe run of 127\.0\.0\.1:\d+ has ended/)
    expect(await distance(alone, shared)).toBeLessThan(1e-4)
  })

  test('name one that is killed, and say how to go on without it', { timeout: patience }, async () => {
    const file = dsl('train({ epochs: 1, batchSize: 24 }), train({ epochs: 60, batchSize: 24 })')
    const folder = join(scratch(), 'run')
    const { worker, leader, lost } = await pair(file, folder)
    await until(leader.said, 'step 2 of 2')
    worker.child.kill('SIGKILL')
    const from = Date.now()
    expect(await leader.ended).toBe(1)
    expect(Date.now() - from).toBeLessThan(10_000)
    expect(leader.said()).toContain(`worker ${lost} is lost`)
    expect(leader.said()).toMatch(/to continue without it: espalier resume \S+\n/)
    expect(logOf(folder).split('\n').slice(0, 2)).toEqual(logOf(shared).split('\n').slice(0, 2))
  })
})

describe('is refused', () => {
  test.each([
    [['train', '--cluster', 'here'], /here is no address/],
    [['train', '--cluster', 'a:1'], /two addresses or more/],
    [['train', '--cluster', 'a:1,b:2', '--engine', 'wasm'], /--engine/],
    [['worker', 'some.ts'], /--queue.*--listen/],
    [['worker', 'some.ts', '--listen', '1', '--queue', 'redis://x'], /--queue/],
  ])('%j', async (args, message) => {
    expectRefused(await espalier(args), message)
  })

  test('a batch that cannot be divided', async () => {
    const file = dsl('train({ epochs: 1, batchSize: 25 })')
    const [first, second] = await freePorts(2)
    const args = ['train', file, '--cluster', `127.0.0.1:${first},127.0.0.1:${second}`]
    expectRefused(await espalier(args), /batchSize: expected a multiple of the 2 workers, got 25; try: 26/)
  })
})
