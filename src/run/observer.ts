/** Who watches a run, and who may stop it. */
import type { Task } from 'fp-ts/lib/Task.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { StepProgress } from '../learn/training/phase.js'
import type { RunError } from './error.js'
import type { RunEvent } from './events.js'
import type { Note } from './notes.js'
import type { StepPlace } from './steps/step-context.js'
import type { Checkpoint } from './storage/checkpoint.js'
import type { StoredRun } from './storage/stored-run.js'

/** Who watches a run, and who may stop it. */
export interface RunObserver {
  /** Called with each line of the log. */
  readonly onEvent: (event: RunEvent) => void
  /** After each step of training; `place`: of the step of the schedule that trains. */
  readonly onStep: (stepped: StepProgress, place: StepPlace) => void
  /** Called between steps: whether to stop here. */
  readonly stopping: () => boolean
  /** Called with the run's folder once it is certain that the run will be kept there, before anything trains. */
  readonly onFolder?: (path: string) => void
  /** Called before anything trains, with the run and the events that its log holds by then: none where it begins. */
  readonly onBegin?: (run: StoredRun, events: readonly RunEvent[]) => Task<void>
  /** Called with what was found and mended before the run goes on. */
  readonly onNote?: (note: Note) => void
  /** Whether the net before the first cut is measured beside the one at the end; by default it is. */
  readonly beside?: boolean
  /** Whether the test is also scored by the mean of each image and its mirror image; by default it is not. */
  readonly mirror?: boolean
  /** Whether a run goes on where what a cut left has fallen to chance; by default it ends there with AtChance. */
  readonly pastChance?: boolean
  /** After each step of the schedule, with what the next begins from. */
  readonly onStage?: (checkpoint: Checkpoint) => TaskEither<RunError, void>
}
