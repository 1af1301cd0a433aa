/** A study's seeds in processes of their own: no two share a run's folder. */
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

/** Seeds 0 to `seeds` − 1, dealt out in turn. */
export const divideSeeds = (seeds: number, jobs: number): readonly (readonly number[])[] =>
  Array.from({ length: Math.min(jobs, seeds) }, (_, job) =>
    Array.from({ length: seeds }, (_, seed) => seed).filter(seed => seed % jobs === job),
  )

/** Says what a job says, to the last line. */
const relay = async (stderr: Readable | null): Promise<void> => {
  if (stderr !== null) for await (const line of createInterface(stderr)) say(line)
}

/**
 * This command again, for some seeds, to its end; what is told twice holds as it is told last. It stops once it loses
 * touch: when it is let go because somebody asked, or because this process is no more.
 */
const again = (
  seeds: readonly number[],
  engine: EngineName,
  threads: number,
  stop: Stopper,
): Promise<number> =>
  new Promise(resolve => {
    const some = [
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
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), ...some], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: process.platform !== 'win32', // signals to all on a terminal are for this process alone
    })
    void stop.asked.then(() => child.connected && child.disconnect())
    whenAskedAgain(stop, () => child.kill('SIGKILL'))
    const told = relay(child.stderr)
    child.once('error', () => resolve(1))
    child.once('exit', code => told.then(() => resolve(code ?? 1)))
  })

/**
 * Runs a study's seeds in so many processes, all on one engine, each on so many threads: the cores divided, unless told.
 *
 * Errors  Interrupted; SeedsFailed: each process has told its own reason
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
      Promise.all(shares.map(share => again(share, engine, threads, stop))),
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
