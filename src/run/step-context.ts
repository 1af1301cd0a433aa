/** A run's surroundings at one step of its schedule. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { evaluationFeed, trainingFeed } from '../data/pipeline/batches.js'
import type { Calibration } from '../learn/criteria/calibration.js'
import type { LearnError } from '../learn/error.js'
import { evaluate, evaluationBatch } from '../learn/evaluation/evaluate.js'
import { accuracyOf, lossOf, type Score } from '../learn/evaluation/score.js'
import type { Learner } from '../learn/training/phase.js'
import { stream } from '../net/random.js'
import type { Model } from '../net/weights.js'
import type { RunContext } from './context.js'
import type { Cursor } from './cursor.js'
import type { RunError } from './error.js'
import type { RunEvent, Scored } from './events.js'
import type { Neighbours } from './schedule/lookahead.js'
import type { Target } from './schedule/schedule.js'
import type { Checkpoint } from './storage/checkpoint.js'

/** What a step changes. */
export type StepState = Pick<Checkpoint, 'learner' | 'kept'>

/** What a step goes on from. */
export type StepStart = Pick<Checkpoint, 'learner' | 'kept' | 'inside'>

export interface StepContext extends RunContext, Neighbours {
  readonly stage: number
  /** Where the step stands in the schedule: `2`, or `2/1/0` for the first step of round 1 of step 2. */
  readonly place: string
  /** The aim of the rounds around it, if any. */
  readonly target: Target | null
  /** Saves the run as it is inside the step. */
  readonly pause: (
    learner: Learner,
    kept: Checkpoint['kept'],
    inside: Cursor,
    event: RunEvent | null,
  ) => TE.TaskEither<RunError, void>
}

export const toScored = (score: Score): Scored => ({ accuracy: accuracyOf(score), loss: lossOf(score) })

/** A seed of its own for each step, so that no two shuffle alike. */
export const stepSeed = ({ seed, place }: StepContext): number =>
  Math.floor(stream(seed, `step/${place}`)() * 2 ** 31)

const scoredOn =
  (part: 'validation' | 'test') =>
  ({ engine, dataset }: RunContext) =>
  (model: Model): TE.TaskEither<LearnError, Score> =>
    evaluate(engine)(evaluationFeed(dataset, dataset[part], { batch: evaluationBatch }))(model)

/** A model on the validation images. */
export const scoreValidation = scoredOn('validation')

/** A model on the test images: a run looks once, at its end. */
export const scoreTest = scoredOn('test')

/** So many training images, or all there are, each class as often as the others, as they are. */
export const calibrationFor = (env: StepContext, images: number): Calibration => {
  const batch = Math.max(1, Math.min(images, 100, env.dataset.train.size))
  const feed = trainingFeed(env.dataset, { batch, seed: stepSeed(env), balanced: true, augment: false })
  return { engine: env.engine, feed, batch, batches: Math.ceil(images / batch) }
}
