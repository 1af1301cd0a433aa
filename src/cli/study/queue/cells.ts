/** The cells of a study in a queue, which knows their numbers alone: study, options and data are those of the worker. */
import { setTimeout } from 'node:timers/promises'
import type { Queue } from 'bullmq'
import * as E from 'fp-ts/lib/Either.js'
import { not } from 'fp-ts/lib/Predicate.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
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

/** A queue that is left once its server is lost, or the connection closed. */
export const openQueue = (
  { bull, options, onError, closing }: Connection,
  agreement: Agreement,
): Queue<CellJob> => {
  const queue = new bull.Queue<CellJob>(queueName(agreement), { connection: options })
  queue.on('error', onError)
  closing.addEventListener('abort', () => void queue.disconnect().catch(() => undefined))
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

/** Cells that are not done, looked up when asked for. */
export type Missing = () => readonly Cell[]

/** Errors  CellsFailed once all that are missing have failed for good */
const checkFailed = async (queue: Queue<CellJob>, missing: Missing): Promise<E.Either<RunError, void>> => {
  const { failed = 0 } = await queue.getJobCounts('failed')
  const cells = failed === 0 ? [] : missing()
  return failed === 0 || failed < cells.length
    ? E.right(undefined)
    : E.left({ _tag: 'CellsFailed', cells: cells.map(cellText) })
}

/**
 * Waits until all cells of a study have their results in its folder; calls `onLook` again and again. Each look asks the
 * shared folder for the first cell that is missing alone. What the queue's server refuses is left to the connection.
 *
 * Errors  CellsFailed; Interrupted, also once the connection is closed
 */
export const untilDone = async (
  { onError, closing }: Connection,
  queue: Queue<CellJob>,
  folder: string,
  study: Study,
  stopping: () => boolean,
  onLook: (missing: Missing) => Promise<void>,
): Promise<E.Either<RunError, void>> => {
  const isCellDone = (cell: Cell): boolean => isDone(folder, cell)
  let rest = cellsOf(study)
  for (;;) {
    rest = RA.dropLeftWhile(isCellDone)(rest)
    if (rest.length === 0) return E.right(undefined)
    if (stopping() || closing.aborted) return E.left({ _tag: 'Interrupted' })
    const missing = () => rest.filter(not(isCellDone))
    const checked = await checkFailed(queue, missing).catch(onError)
    if (checked !== undefined && E.isLeft(checked)) return checked
    await onLook(missing).catch(onError)
    await setTimeout(lookEvery)
  }
}
