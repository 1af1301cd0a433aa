/** What a run is given: an engine, its data, and effects as functions. */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.js'
import type { Engine } from '../engine/engine.js'
import type { LatencyTable } from '../learn/latency/table.js'
import type { StepProgress } from '../learn/training/phase.js'
import type { Model } from '../net/weights.js'
import type { RunError } from './error.js'
import type { GrownNet, RunEvent } from './events.js'
import type { Step, Warmup } from './schedule/steps.js'
import type { RunStep, StepPlace } from './steps/step-context.js'
import type { Checkpoint } from './storage/checkpoint.js'

export interface RunContext extends Pick<Resources, 'latencyTable'> {
  readonly engine: Engine
  readonly dataset: Dataset
  readonly seed: number
  readonly emit: (event: RunEvent) => TaskEither<RunError, void>
  /** How long the log is now, in bytes. */
  readonly logLength: () => number
  /** Runs a step of a schedule, or one inside another; given, since steps hold steps. */
  readonly runStep: RunStep<Step | Warmup>
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

/** Everything a run needs that has an effect of its own to get. */
export interface Resources {
  readonly engine: Engine
  readonly dataset: Dataset
  /** What latency targets are predicted by; by default nets are measured on the engine. */
  readonly latencyTable?: LatencyTable
}
