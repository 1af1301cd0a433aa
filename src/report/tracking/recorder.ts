/** Whoever records runs outside their folders, one run after another. Nothing that goes wrong there ends a run. */
import type * as T from 'fp-ts/lib/Task.js'
import type { RunEvent } from '../../run/events.js'
import type { StoredRun } from '../../run/storage/stored-run.js'

/** How a run ended; `killed` by a signal, from which it can be resumed. */
export type Ending = 'finished' | 'failed' | 'killed'

export interface Recorder {
  /** Before anything trains, with the events that the log holds by then. */
  readonly begin: (run: StoredRun, events: readonly RunEvent[]) => T.Task<void>
  /** Each event from then on. */
  readonly event: (event: RunEvent) => void
  /** Once nothing more will come, and all files of the run's folder are written. */
  readonly end: (ending: Ending) => T.Task<void>
}

/** Several as one. */
export const together = (recorders: readonly Recorder[]): Recorder => ({
  begin: (run, events) => async () => {
    for (const { begin } of recorders) await begin(run, events)()
  },
  event: event => {
    for (const recorder of recorders) recorder.event(event)
  },
  end: ending => async () => {
    for (const { end } of recorders) await end(ending)()
  },
})
