/** TensorFlow as the engine of one worker of a cluster: sessions run on a server of this process, which the others reach. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Engine, EngineError } from '../engine.js'
import { sessionConfig, workerJob } from './config.js'
import { engineOf, failed, loadServerRuntime } from './load.js'

/** The servers of all workers, and which one this is. */
export interface ClusterTask {
  /** Such as `host:2222`. TensorFlow asks nobody who they are. */
  readonly addresses: readonly string[]
  /** The address of this machine at which it listens; `0.0.0.0`: all of them. */
  readonly host: string
  readonly rank: number
  /** Threads of an operation. */
  readonly threads: number
}

/** A worker that is lost is told in one line; TensorFlow would log a page. */
const logLevel = 'TF_CPP_MIN_LOG_LEVEL'
const fatal = '3'

/**
 * Starts the server, for as long as the process lasts, and gives the engine on it.
 *
 * Errors  EngineMissing where the addon is not built; EngineFailed where the port is taken
 */
export const openWorker = ({
  addresses,
  host,
  rank,
  threads,
}: ClusterTask): E.Either<EngineError, Engine> => {
  process.env[logLevel] ??= fatal
  return pipe(
    loadServerRuntime(threads),
    E.flatMap(runtime =>
      E.tryCatch(() => {
        const options = { threads, task: rank }
        const cluster = { [workerJob]: addresses }
        const task = { cluster, job: workerJob, task: rank, config: sessionConfig(options) }
        const target = runtime.startServer(task, host)
        return engineOf({ runtime, threads }, { ...options, target })
      }, failed),
    ),
  )
}
