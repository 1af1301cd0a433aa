/** What a run is given: an engine, its data, and effects as functions. */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/set.js'
import type { Engine } from '../engine/engine.js'
import type { Stepped } from '../learn/phase.js'
import type { Model } from '../net/weights.js'
import type { Checkpoint } from './checkpoint.js'
import type { RunError } from './error.js'
import type { Met, RunEvent } from './event.js'

export interface Env {
  readonly engine: Engine
  readonly dataset: Dataset
  readonly seed: number
  /** Tells an event, if any, and gives back how long the log is now, in bytes. */
  readonly emit: (event: RunEvent | null) => TaskEither<RunError, number>
  /** `place`: where in the schedule the step is. */
  readonly onStep: (stepped: Stepped, place: string) => void
  readonly save: (checkpoint: Checkpoint) => TaskEither<RunError, void>
  /** Keeps a model met on the way beside the run, with its figures. */
  readonly keep: (met: Met, model: Model) => TaskEither<RunError, void>
  readonly stopping: () => boolean
  /** Whether a run goes on, and ends as any other, where what a cut left has fallen to chance. */
  readonly pastChance: boolean
  /** Seconds of a steady clock. */
  readonly clock: () => number
}
