/** Processes that share a training, and what they leave. */
import { type ChildProcess, spawn } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import * as O from 'fp-ts/lib/Option.js'
import { expect, onTestFinished } from 'vitest'
import { readModelFile } from '../../../src/convert/model-file.js'
import { findNative } from '../../../src/engine/tensorflow/native.js'
import { scratch, succeed } from '../scratch.js'
import { command, root } from './command.js'

export const hasAddon = O.isSome(O.flatMap(findNative(), ({ addon }) => addon))
if (!hasAddon) console.warn('skipped: tests of clusters, as the addon is not built (npm run engine)')

const words =
  'batchNorm, conv, dense, experiment, glyphs, globalAvgPool, image, net, prune, push, relu, train'

/** A file of a small net, with this schedule. */
export const dsl = (schedule: string): string =>
  join(
    scratch({
      'package.json': '{ "type": "module" }',
      'some.ts': `import { ${words} } from '${root}/src/index.js'
const some = net('some', image(28, 28, 1), conv(4, 3, { stride: 4 }), batchNorm(), relu, globalAvgPool, dense(10))
export default experiment(some, glyphs({ train: 96, test: 20 }), ${schedule})
`,
    }),
    'some.ts',
  )

/** Two ports in a row that were free a moment ago, for each of so many processes. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
    ports.push((server.address() as AddressInfo).port)
  }
  for (const server of servers) await new Promise(closed => server.close(closed))
  return ports
}

export interface Running {
  readonly child: ChildProcess
  readonly said: () => string
  /** Exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals | null>
}

/** The command as a process that runs on until its end, or that of the test; `where`: what it follows, as on another machine. */
export const run = (args: readonly string[], where: readonly string[] = []): Running => {
  const [file = '', ...before] = [...where, process.execPath]
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

/** Waits until a process has said this. */
export const until = async (said: () => string, text: string): Promise<void> => {
  for (let waited = 0; !said().includes(text); waited += 50) {
    if (waited > 120_000) throw new Error(`${text}: ${said()}`)
    await new Promise(soon => setTimeout(soon, 50))
  }
}

const trained = async (folder: string) => {
  const { model } = await succeed(readModelFile(join(folder, 'model.safetensors')))
  return model.weights
}

/** How far the weights of one run are from those of another. */
export const distance = async (a: string, b: string): Promise<number> => {
  const [one, other] = [await trained(a), await trained(b)]
  expect(Object.keys(other)).toEqual(Object.keys(one))
  return Math.max(
    ...Object.entries(one).flatMap(([key, { data }]) =>
      Array.from(data, (value, i) => Math.abs(value - (other[key]?.data[i] ?? Number.NaN))),
    ),
  )
}
