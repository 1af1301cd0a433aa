/** What a run is given: an engine, its data, effects as functions, and who watches it. */
import type { Task } from 'fp-ts/lib/Task.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.js'
import type { Engine } from '../engine/engine.js'
import type { StepProgress } from '../learn/training/training-loop.js'
import type { Model } from '../net/weights.js'
import type { RunError } from './error.js'
import type { GrownNet, RunEvent } from './events.js'
import type { Note } from './notes.js'
import type { StepPlace } from './steps/step-place.js'
import type { Checkpoint } from './storage/checkpoint.js'
import type { StoredRun } from './storage/stored-run.js'

export interface RunContext {
  readonly engine: Engine
  readonly dataset: Dataset
  readonly seed: number
  readonly emit: (event: RunEvent) => TaskEither<RunError, void>
  /** How long the log is now, in bytes. */
  readonly logLength: () => number
  readonly onStep: (progress: StepProgress, place: StepPlace) => void
  readonly save: (checkpoint: Checkpoint) => TaskEither<RunError, void>
  /** Keeps a model met while growing beside the run, with its figures. */
  readonly keep: (met: GrownNet, model: Model) => TaskEither<RunError, void>
  readonly stopping: () => boolean
  /** Whether a run goes on, and ends as any other, where what a cut left has fallen to chance. */
  readonly pastChance: boolean
  /** Seconds of a steady clock. */
  readonly clock: () => number
}

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

/** Everything a run needs that has an effect of its own to get. */
export interface Resources {
  readonly engine: Engine
  readonly dataset: Dataset
}
