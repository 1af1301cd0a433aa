/** A cell in a child process: a step that keeps its thread busy keeps nobody else waiting. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Engine } from '../../engine/engine.js'
import { type Stopper, whenAskedAgain } from '../signals.js'
import { say } from '../stderr.js'
import type { CellNumber, StudyOptions } from './options.js'

/** Prints every line that a child prints. */
const relay = async (stderr: Readable | null): Promise<void> => {
  if (stderr !== null) for await (const line of createInterface(stderr)) say(line)
}

const optionsOf = ({ out, data, take, tensorboard, mlflow }: StudyOptions): readonly string[] => [
  ...['--out', out],
  ...(data === undefined ? [] : ['--data', data]),
  ...(take === undefined ? [] : ['--take', `${take}`]),
  ...(tensorboard === true ? ['--tensorboard'] : []),
  ...(mlflow === undefined ? [] : ['--mlflow', mlflow]),
  ...(process.argv.includes('--debug') ? ['--debug'] : []),
]

/** The arguments of a command that runs one cell. */
const cellArguments = (
  file: string,
  options: StudyOptions,
  engine: Pick<Engine, 'name' | 'threads'>,
  { index, of }: CellNumber,
): readonly string[] => [
  ...['compare', file, '--cell', `${index}/${of}`, '--job'],
  ...['--engine', engine.name, '--threads', `${engine.threads}`],
  ...optionsOf(options),
]

/** Runs one cell; gives its exit code. It stops once it is disconnected: on a signal, or because this process has ended. */
export const cellProcess = (
  file: string,
  options: StudyOptions,
  engine: Pick<Engine, 'name' | 'threads'>,
  stop: Stopper,
  number: CellNumber,
): Promise<number> =>
  new Promise(resolve => {
    const [, program = ''] = process.argv
    const args = cellArguments(file, options, engine, number)
    const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: process.platform !== 'win32', // signals to all on a terminal are for this process alone
    })
    void stop.asked.then(() => child.connected && child.disconnect())
    whenAskedAgain(stop, () => child.kill('SIGKILL'))
    const relayed = relay(child.stderr)
    child.once('error', () => resolve(1))
    child.once('exit', code => relayed.then(() => resolve(code ?? 1)))
  })
