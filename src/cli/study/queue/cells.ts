/** The cells of a study in a queue, which knows their numbers alone: study, options and data are those of the worker. */
import { setTimeout } from 'node:timers/promises'
import type { Queue } from 'bullmq'
import * as E from 'fp-ts/lib/Either.js'
import type { RunError } from '../../../run/error.js'
import type { Agreement } from '../../../run/study/agreement.js'
import { type Cell, cellsOf, cellText, isDone } from '../../../run/study/cells.js'
import type { Study } from '../../../run/study/study.js'
import type { Connection } from './connection.js'

/** What is queued for a cell. */
export interface CellJob {
  readonly index: number
}

/** One queue for each folder: workers of another folder have other cells. */
export const queueName = ({ id }: Agreement): string => `espalier-${id}`

export const openQueue = ({ bull, options }: Connection, agreement: Agreement): Queue<CellJob> => {
  const queue = new bull.Queue<CellJob>(queueName(agreement), { connection: options })
  queue.on('error', () => undefined) // the connection is watched
  return queue
}

/** How often a cell that fails is tried: with the pauses between, for about a quarter of an hour. */
const attempts = 20

/** Milliseconds until a cell that has failed so often is tried again. */
export const pauseAfter = (failures: number): number => Math.min(60_000, 1000 * 2 ** (failures - 1))

/** Queues a cell, unless it is queued already. */
export const queueCell = (queue: Queue<CellJob>, { index }: Cell): Promise<unknown> =>
  queue.add(
    'cell',
    { index },
    { jobId: `cell-${index}`, attempts, backoff: { type: 'custom' }, removeOnComplete: true },
  )

/** Milliseconds from look to look. */
const lookEvery = 1000

/**
 * Waits until all cells of a study have their results in its folder; calls `onMissing` with those that have not, again and
 * again.
 *
 * Errors  CellsFailed once no other cell is left to wait for; Interrupted
 */
export const untilDone = async (
  queue: Queue<CellJob>,
  folder: string,
  study: Study,
  stopping: () => boolean,
  onMissing: (missing: readonly Cell[]) => Promise<void>,
): Promise<E.Either<RunError, void>> => {
  for (;;) {
    const missing = cellsOf(study).filter(cell => !isDone(folder, cell))
    if (missing.length === 0) return E.right(undefined)
    if (stopping()) return E.left({ _tag: 'Interrupted' })
    const { failed = 0 } = await queue.getJobCounts('failed')
    if (failed >= missing.length) return E.left({ _tag: 'CellsFailed', cells: missing.map(cellText) })
    await onMissing(missing)
    await setTimeout(lookEvery)
  }
}
