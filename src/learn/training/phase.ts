/** A phase of learning: its program and data, where it is, and who follows it. */
import type * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feed } from '../../data/pipeline/batches.js'
import type { Feeds, Session } from '../../engine/engine.js'
import type { Graph } from '../../graph/graph.js'
import type { Weights } from '../../net/weights.js'
import type { LearnError } from '../error.js'
import type { Alignment } from '../evaluation/alignment.js'
import { noScore, type Score } from '../evaluation/score.js'
import type { Learner } from './learner.js'

/** Whether the best epoch's weights stay, and after how many epochs without a gain a phase ends; `null` for never. */
export interface Keeping {
  readonly restoreBest: boolean
  readonly patience: number | null
}

/** The best epoch so far, from 0: the first of the highest validation accuracy. */
export interface BestEpoch {
  readonly epoch: number
  readonly accuracy: number
}

/** Variables to write, and whether the phase ends there. */
export interface Review {
  readonly slots: Weights
  readonly ends: boolean
}

/**
 * Where a phase is: epochs done, steps done in the current epoch, and their score; the best epoch, where one is to be
 * known.
 */
export interface Position {
  readonly epoch: number
  readonly step: number
  readonly score: Score
  readonly best?: BestEpoch
  /** Where the phase has ended before its last epoch, as its `review` said. */
  readonly ended?: true
}

/** Before the first step of an epoch. */
export const epochStart = (epoch: number): Position => ({ epoch, step: 0, score: noScore })

/** Before the first step. */
export const atStart: Position = epochStart(0)

/**
 * The calls of a phase: `train` maps images and targets to logits, `infer` images to logits. `accumulate` is as `train`, but
 * only sums the gradients for it.
 */
export type Calls = { readonly [call in 'train' | 'infer']: Graph } & { readonly accumulate?: Graph }

/** A program, its data, and for how many epochs it runs. */
export interface Phase {
  readonly calls: Calls
  readonly epochs: number
  readonly seed: number
  readonly training: Feed
  readonly validation: Feed
  /** Inputs of a step beside its batch and its noise; steps of the optimizer count from the phase's first. */
  readonly feeds: (step: number, steps: number) => Feeds
  /** Called before each step: may write the phase's own variables. */
  readonly before?: (session: Session, step: number, steps: number) => E.Either<LearnError, void>
  /** Called after each epoch: figures of the features. */
  readonly inspect?: (session: Session, validation: Feed) => Promise<Alignment>
  /** Called after each epoch, once it is scored, with the number of epochs done. */
  readonly review?: (learner: Learner, epochs: number) => TE.TaskEither<LearnError, Review>
  /** Variables that do not change, such as a teacher's weights. */
  readonly fixed?: Weights
  /** By default the last weights stay, after all epochs. */
  readonly keeping?: Keeping
  /** Batches a step of the optimizer, 1 by default. */
  readonly accumulate?: number
}

/** A step that has been run. */
export interface StepProgress extends Position {
  readonly epochs: number
  /** Steps of an epoch. */
  readonly steps: number
}

/** A finished epoch with its training and validation scores. */
export interface Epoch {
  readonly epoch: number
  readonly training: Score
  readonly validation: Score
  readonly alignment?: Alignment
}

/** Callbacks that follow a phase, save it, and may stop it. */
export interface PhaseObserver<Err> {
  /** After each step. */
  readonly onStep: (stepped: StepProgress) => void
  /** After each epoch, and where a phase is interrupted: the moment to save. */
  readonly onPause: (learner: Learner, position: Position, done: Epoch | null) => TE.TaskEither<Err, void>
  /** At the end: how many epochs there were, and the best where one was looked for. */
  readonly onEnd?: (epochs: number, best: BestEpoch | null) => TE.TaskEither<Err, void>
  /** Asked between steps: whether to stop here. */
  readonly stopping: () => boolean
}
