/**
 * Images a second of a whole training step of the reference net: espalier's engines, tf.LayersModel.fit on the same
 * TensorFlow, and PyTorch. Every contestant is a process of its own; they take turns, so that other load on the
 * machine affects all alike.
 *
 * npm run bench -- --setup                                   # PyTorch into a venv of its own first, then all
 * npm run bench -- --contestants wasm,cpu --threads 1        # the slow reference too
 * npm run bench -- --python VENV/bin/python --rounds 15
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import envPaths from 'env-paths'
import { median } from './tools.js'

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    setup: { type: 'boolean', default: false },
    contestants: { type: 'string', default: 'tensorflow,wasm,layers,nchw,nhwc' },
    batch: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '15' },
    threads: { type: 'string', default: `${availableParallelism()}` },
    out: { type: 'string', default: 'bench/results/step.json' },
  },
})
const { batch, threads } = options
const rounds = Number(options.rounds)

const peers = join(envPaths('espalier', { suffix: '' }).cache, 'bench-peers')
const python = options.python ?? join(peers, 'bin', 'python')

if (options.setup && !existsSync(python)) {
  execFileSync('python3', ['-m', 'venv', peers], { stdio: 'inherit' })
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'torch==2.13.0', 'numpy'], { stdio: 'inherit' })
}

const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const tsx = (file: string, ...args: readonly string[]): readonly string[] => [
  process.execPath,
  ...['--import', 'tsx', beside(file)],
  ...args,
]

interface Contestant {
  readonly name: string
  readonly command: readonly string[]
  /** Steps a turn: enough for a turn of some tenths of a second. */
  readonly steps: number
}

const contestants: Readonly<Record<string, Contestant>> = {
  tensorflow: {
    name: 'espalier, TensorFlow',
    command: tsx('step_engine.ts', 'tensorflow', batch, threads),
    steps: 4,
  },
  wasm: { name: 'espalier, wasm', command: tsx('step_engine.ts', 'wasm', batch, threads), steps: 4 },
  cpu: { name: 'espalier, tfjs cpu', command: tsx('step_engine.ts', 'cpu', batch, threads), steps: 1 },
  layers: { name: 'tf.LayersModel.fit', command: tsx('step_layers.ts', batch, threads), steps: 1 },
  nchw: {
    name: 'PyTorch, NCHW',
    command: [python, beside('step_torch.py'), 'nchw', batch, threads],
    steps: 2,
  },
  nhwc: {
    name: 'PyTorch, channels-last',
    command: [python, beside('step_torch.py'), 'nhwc', batch, threads],
    steps: 3,
  },
}

interface Running extends Contestant {
  readonly key: string
  readonly child: ChildProcess
  readonly take: (steps: number) => Promise<readonly number[]>
}

const start = (key: string): Running => {
  const contestant = contestants[key]
  if (contestant === undefined) throw new Error(`no contestant ${key}: ${Object.keys(contestants)}`)
  const [program = '', ...args] = contestant.command
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const take = async (steps: number): Promise<readonly number[]> => {
    child.stdin.write(`${steps}\n`)
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`${contestant.name} gave up`)
    return JSON.parse(value) as readonly number[] // what `answer` and its twin in Python write
  }
  return { ...contestant, key, child, take }
}

const running = options.contestants.split(',').map(start)
for (const { take } of running) await take(6) // graphs are optimised, caches filled

const times = new Map<string, number[]>(running.map(({ key }) => [key, []]))
for (let round = 0; round < rounds; round++)
  for (const { key, take, steps } of running) times.get(key)?.push(...(await take(steps)))
for (const { child } of running) child.kill()

const rateOf = (milliseconds: number): number => (1000 * Number(batch)) / milliseconds
const results = running.map(({ key, name }) => {
  const all = times.get(key) ?? []
  return {
    key,
    name,
    imagesPerSecond: rateOf(median(all)),
    fastest: rateOf(Math.min(...all)),
    steps: all.length,
  }
})
const own = results[0]?.imagesPerSecond ?? Number.NaN

const table = new Table({ head: ['training step', 'images/s', 'fastest', `${results[0]?.name} is`] })
for (const { name, imagesPerSecond, fastest } of results)
  table.push([name, imagesPerSecond.toFixed(0), fastest.toFixed(0), `${(own / imagesPerSecond).toFixed(2)}x`])
console.log(table.toString())

mkdirSync(new URL('results', import.meta.url), { recursive: true })
writeFileSync(
  options.out,
  `${JSON.stringify({ machine: cpus()[0]?.model, node: process.version, batch: Number(batch), threads: Number(threads), rounds, results: results.map(result => ({ ...result, ratio: own / result.imagesPerSecond })) }, null, 2)}\n`,
)
