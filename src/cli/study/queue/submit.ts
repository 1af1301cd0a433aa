/** `--queue`: a study's cells are queued for workers, and once all are done there is a table. */

import type { Queue } from 'bullmq'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sum } from '../../../io/count.js'
import type { RunError } from '../../../run/error.js'
import { type Cell, cellsOf } from '../../../run/study/cells.js'
import type { Study } from '../../../run/study/study.js'
import type { Stopper } from '../../signals.js'
import { say } from '../../stderr.js'
import { folderOf, type StudyOptions } from '../options.js'
import { prepareShared, type SharedStudy } from '../prepare.js'
import { type CellJob, type Missing, openQueue, queueCell, untilDone } from './cells.js'
import { type Connection, withConnection } from './connection.js'

/** Queues cells, where the queue holds fewer: those that are new, and those that it has forgotten. */
const requeue = async (queue: Queue<CellJob>, missing: readonly Cell[]): Promise<void> => {
  const held = sum(Object.values(await queue.getJobCounts()))
  if (held < missing.length) for (const cell of missing) await queueCell(queue, cell)
}

/** Queues what is missing, and prints how far the study is whenever that changes. */
const queueMissing = (queue: Queue<CellJob>, study: Study, url: string) => {
  const all = cellsOf(study).length
  let last = -1
  return async (lookUp: Missing): Promise<void> => {
    const missing = lookUp()
    await requeue(queue, missing)
    if (missing.length === last) return
    last = missing.length
    const workers = await queue.getWorkersCount()
    say(
      `${all - last} of ${all} cells done; ${workers === 0 ? 'no worker' : `workers: ${workers}`} at ${url}`,
    )
  }
}

const waitForCells =
  (options: StudyOptions, { study, agreement }: SharedStudy, stop: Stopper) =>
  (connection: Connection): TE.TaskEither<RunError, void> =>
  async () => {
    const queue = openQueue(connection, agreement)
    await queue.clean(0, 0, 'failed').catch(connection.onError) // tried once more
    const onLook = queueMissing(queue, study, connection.url)
    return untilDone(connection, queue, folderOf(options, study), study, stop.stopping, onLook)
  }

/**
 * Prepares a study, queues all cells that are not done, and waits for them.
 *
 * Errors  PackageMissing, QueueUnreachable, QueueLost, QueueRefused; CellsFailed: each worker has printed its own reason;
 *         Interrupted; those of `prepareShared`
 */
export const runByQueue =
  (address: string, options: StudyOptions, stop: Stopper) =>
  (study: Study): TE.TaskEither<RunError, SharedStudy> =>
    withConnection(address)(connection =>
      pipe(
        prepareShared(options, stop)(study),
        TE.tap(shared => waitForCells(options, shared, stop)(connection)),
      ),
    )
