/** `espalier worker`: runs a study's cells from a queue, each in a child process, until the study is done. */
import type { Job, Worker } from 'bullmq'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sameCommand } from '../../../io/text/command-text.js'
import type { Stopped } from '../../../report/text/render-message.js'
import type { RunError } from '../../../run/error.js'
import { loadStudy } from '../../../run/load/experiment.js'
import { cellsOf } from '../../../run/study/cells.js'
import type { Study } from '../../../run/study/study.js'
import { end } from '../../exit.js'
import { announceStop, type Stopper, stopper, withStopped } from '../../signals.js'
import { say } from '../../stderr.js'
import { cellProcess } from '../cell-process.js'
import { cellExitCode, never } from '../exit-codes.js'
import { threadsPerJob } from '../jobs.js'
import { folderOf, type StudyOptions } from '../options.js'
import { prepareShared, type SharedStudy } from '../prepare.js'
import { type CellJob, openQueue, pauseAfter, queueName, untilDone } from './cells.js'
import { type Connection, withConnection } from './connection.js'

interface WorkerArguments extends StudyOptions {
  readonly queue: string
  readonly jobs: number
}

/** Milliseconds after which a worker that gives no sign has lost its cell, and from look to look for such. */
const signs = { lockDuration: 10_000, stalledInterval: 3_000 }

/** Any number: cells are run once, however often their workers are killed. */
const maxStalledCount = 1_000_000

/** Runs a cell, and tells the queue by an exception whether to try it again. */
const runJob =
  (
    file: string,
    options: StudyOptions,
    { study, engine }: SharedStudy,
    { bull }: Connection,
    stop: Stopper,
  ) =>
  async (job: Job<CellJob>, token?: string): Promise<void> => {
    const number = { index: job.data.index, of: cellsOf(study).length }
    const code = await cellProcess(file, options, engine, stop, number)
    if (code === 0) return
    if (stop.stopping()) {
      await job.moveToDelayed(Date.now(), token)
      throw new bull.DelayedError()
    }
    const message = `exit code ${code}`
    throw code === never ? new bull.UnrecoverableError(message) : new Error(message)
  }

const openWorker = (
  file: string,
  options: WorkerArguments,
  shared: SharedStudy,
  connection: Connection,
  stop: Stopper,
): Worker<CellJob> => {
  const worker = new connection.bull.Worker<CellJob>(
    queueName(shared.agreement),
    runJob(file, options, shared, connection, stop),
    {
      connection: connection.options,
      concurrency: options.jobs,
      ...signs,
      maxStalledCount,
      settings: { backoffStrategy: pauseAfter },
    },
  )
  worker.on('error', connection.onError)
  return worker
}

/** Works until the study is done, or nothing is left that could be. */
const work =
  (file: string, options: WorkerArguments, shared: SharedStudy, stop: Stopper) =>
  (connection: Connection): TE.TaskEither<RunError, void> =>
  async () => {
    const folder = folderOf(options, shared.study)
    say(`waiting for cells of ${folder} at ${connection.url}`)
    const queue = openQueue(connection, shared.agreement)
    const worker = openWorker(file, options, shared, connection, stop)
    const outcome = await untilDone(
      connection,
      queue,
      folder,
      shared.study,
      stop.stopping,
      async () => undefined,
    )
    await worker.close()
    return outcome
  }

const workOn = (
  file: string,
  study: Study,
  options: WorkerArguments,
): TE.TaskEither<RunError | Stopped, void> => {
  const stop = stopper()
  announceStop(stop)
  return pipe(
    withConnection(options.queue)(connection =>
      pipe(
        prepareShared(options, stop, threadsPerJob(options.jobs))(study),
        TE.flatMap(shared => work(file, options, shared, stop)(connection)),
      ),
    ),
    withStopped(stop, () => sameCommand('worker')),
  )
}

/** Exits by the code of the last failure; cells under way save what they have once this process has ended. */
export const studyWorker = async (file: string, options: WorkerArguments): Promise<void> => {
  await end(
    pipe(
      loadStudy(file),
      TE.flatMap(study => workOn(file, study, options)),
    ),
    () => undefined,
    cellExitCode,
  )
  process.exit()
}
