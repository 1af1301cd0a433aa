/** A study's seeds in processes of their own: no two share a run's folder. */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { EngineName } from '../engine/engine.js'
import type { RunError } from '../run/error.js'
import { interrupted } from './end.js'

/** Seeds 0 to `seeds` − 1, dealt out in turn. */
export const dealt = (seeds: number, jobs: number): readonly (readonly number[])[] =>
  Array.from({ length: Math.min(jobs, seeds) }, (_, job) =>
    Array.from({ length: seeds }, (_, seed) => seed).filter(seed => seed % jobs === job),
  )

/** This command again, for some seeds; what is told twice holds as it is told last. */
const again = (seeds: readonly number[], engine: EngineName, threads: number): Promise<number> =>
  new Promise(resolve => {
    const told = [
      ...['--seeds', seeds.join(','), '--jobs', '1'],
      ...['--engine', engine, '--threads', `${threads}`],
    ]
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), ...told], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true, // Ctrl-C is for this process, which passes it on
    })
    const pass = (signal: NodeJS.Signals) => child.kill(signal)
    process.on('SIGINT', pass).on('SIGTERM', pass)
    child.once('error', () => resolve(1))
    child.once('exit', code => {
      process.off('SIGINT', pass).off('SIGTERM', pass)
      resolve(code ?? 1)
    })
  })

/**
 * Runs a study's seeds in so many processes, all on one engine, each on so many threads: the cores divided, unless told.
 *
 * Errors  Interrupted; SeedsFailed: each process has told its own reason
 */
export const inProcesses = (
  seeds: number,
  jobs: number,
  engine: EngineName,
  threads = Math.max(1, Math.floor(availableParallelism() / jobs)),
): TE.TaskEither<RunError, void> => {
  const shares = dealt(seeds, jobs)
  return pipe(
    TE.fromTask<readonly number[], RunError>(() =>
      Promise.all(shares.map(share => again(share, engine, threads))),
    ),
    TE.flatMap((codes): TE.TaskEither<RunError, void> => {
      const failed = shares.filter((_, job) => codes[job] !== 0).flat()
      if (failed.length === 0) return TE.right(undefined)
      return codes.includes(interrupted)
        ? TE.left({ _tag: 'Interrupted' })
        : TE.left({ _tag: 'SeedsFailed', seeds: failed })
    }),
  )
}
