/** `--queue`: a study's cells are queued for workers, and once all are done there is a table. */
import type { Queue } from 'bullmq'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunError } from '../../../run/error.js'
import { type Cell, cellsOf } from '../../../run/study/cells.js'
import type { Study } from '../../../run/study/study.js'
import type { Stopper } from '../../signals.js'
import { say } from '../../stderr.js'
import { folderOf, type StudyOptions } from '../options.js'
import type { SharedStudy } from '../prepare.js'
import { type CellJob, openQueue, queueCell, untilDone } from './cells.js'
import { type Connection, withConnection } from './connection.js'

/** Queues what is missing, also what a queue has forgotten, and prints how far the study is whenever that changes. */
const queueMissing = (queue: Queue<CellJob>, study: Study, url: string) => {
  const all = cellsOf(study).length
  let last = -1
  return async (missing: readonly Cell[]): Promise<void> => {
    for (const cell of missing) await queueCell(queue, cell)
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
    const folder = folderOf(options, study)
    const queue = openQueue(connection, agreement)
    void connection.lost.then(() => queue.disconnect())
    await queue.clean(0, 0, 'failed') // tried once more
    const outcome = await untilDone(
      queue,
      folder,
      study,
      stop.stopping,
      queueMissing(queue, study, connection.url),
    )
    await queue.close()
    return outcome
  }

/**
 * Queues all cells that are not done, and waits for them.
 *
 * Errors  PackageMissing, QueueUnreachable, QueueLost; CellsFailed: each worker has printed its own reason; Interrupted
 */
export const runByQueue = (
  address: string,
  options: StudyOptions,
  shared: SharedStudy,
  stop: Stopper,
): TE.TaskEither<RunError, void> => withConnection(address)(waitForCells(options, shared, stop))
