/** A study's seeds in parallel processes: no two share a run's folder. */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { EngineName } from '../engine/engine.js'
import type { RunError } from '../run/error.js'
import { type Stopper, whenAskedAgain } from './signals.js'
import { say } from './stderr.js'

/** Seeds 0 to `seeds` − 1, distributed in turn. */
export const divideSeeds = (seeds: number, jobs: number): readonly (readonly number[])[] =>
  Array.from({ length: Math.min(jobs, seeds) }, (_, job) =>
    Array.from({ length: seeds }, (_, seed) => seed).filter(seed => seed % jobs === job),
  )

/** Prints every line that a job prints. */
const relay = async (stderr: Readable | null): Promise<void> => {
  if (stderr !== null) for await (const line of createInterface(stderr)) say(line)
}

/**
 * Runs this command again, for some seeds; of options given twice the last counts. It stops once it is disconnected:
 * on a signal, or because this process has ended.
 */
const runJob = (
  seeds: readonly number[],
  engine: EngineName,
  threads: number,
  stop: Stopper,
): Promise<number> =>
  new Promise(resolve => {
    const options = [
      '--seeds',
      seeds.join(','),
      '--jobs',
      '1',
      '--engine',
      engine,
      '--threads',
      `${threads}`,
      '--job',
    ]
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), ...options], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: process.platform !== 'win32', // signals to all on a terminal are for this process alone
    })
    void stop.asked.then(() => child.connected && child.disconnect())
    whenAskedAgain(stop, () => child.kill('SIGKILL'))
    const relayed = relay(child.stderr)
    child.once('error', () => resolve(1))
    child.once('exit', code => relayed.then(() => resolve(code ?? 1)))
  })

/**
 * Runs a study's seeds in so many processes, on one engine, each on so many threads; by default the cores are divided.
 *
 * Errors  Interrupted; SeedsFailed: each process has printed its own reason
 */
export const inProcesses = (
  seeds: number,
  jobs: number,
  stop: Stopper,
  engine: EngineName,
  threads = Math.max(1, Math.floor(availableParallelism() / jobs)),
): TE.TaskEither<RunError, void> => {
  const shares = divideSeeds(seeds, jobs)
  return pipe(
    TE.fromTask<readonly number[], RunError>(() =>
      Promise.all(shares.map(share => runJob(share, engine, threads, stop))),
    ),
    TE.flatMap((codes): TE.TaskEither<RunError, void> => {
      const failed = shares.filter((_, job) => codes[job] !== 0).flat()
      if (failed.length === 0) return TE.right(undefined)
      return stop.stopping()
        ? TE.left({ _tag: 'Interrupted' })
        : TE.left({ _tag: 'SeedsFailed', seeds: failed })
    }),
  )
}
