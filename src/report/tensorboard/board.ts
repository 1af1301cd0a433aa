/** Records runs as TensorBoard reads them: an event file in each run's folder, derived from the log. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import type { FileError } from '../../io/error.js'
import { readPredictions } from '../../run/review/predictions.js'
import type { Folder } from '../../run/storage/folder.js'
import { countEvent, countEvents, type Done, nothingDone } from '../tracking/measures.js'
import type { Recorder } from '../tracking/recorder.js'
import { appendEvents, holdEvents } from './event-file.js'
import type { BoardEvent } from './schema.js'
import { correlationsOf, summariesOf, summaryOf } from './summaries.js'

/** An event file that could not be written: the run goes on without. */
export interface BoardFailed {
  readonly _tag: 'BoardFailed'
  readonly folder: string
  readonly fault: FileError
}

/** The correlation images of a run's features; none where its answers were not kept. */
const readCorrelations = ({ predictions }: Folder, { epochs }: Done): T.Task<readonly BoardEvent[]> =>
  pipe(
    readPredictions(predictions),
    T.map(
      E.match(
        () => [],
        ({ features }) => correlationsOf(epochs, features),
      ),
    ),
  )

/** `onFault` hears once a run of what went wrong. */
export const tensorBoard = (onFault: (fault: BoardFailed) => void): Recorder => {
  let folder: Folder | null = null
  let done = nothingDone
  const write = (way: typeof holdEvents, events: readonly BoardEvent[]): void => {
    if (folder === null || events.length === 0) return
    const written = way(folder.board, events)
    if (E.isRight(written)) return
    onFault({ _tag: 'BoardFailed', folder: folder.path, fault: written.left })
    folder = null
  }
  return {
    begin: (run, events) => async () => {
      folder = run.folder
      done = countEvents(events).at(-1)?.[0] ?? nothingDone
      write(holdEvents, summariesOf(events))
    },
    event: event => {
      done = countEvent(done, event)
      write(appendEvents, summaryOf([done, event]))
    },
    end: ending => async () => {
      if (folder !== null && ending === 'finished')
        write(appendEvents, await readCorrelations(folder, done)())
      folder = null
    },
  }
}
