/** A run's surroundings at one step of its schedule. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { evaluationFeed, trainingFeed } from '../data/batches.js'
import { assess, evaluationBatch } from '../learn/assess.js'
import type { LearnError } from '../learn/error.js'
import type { Learner } from '../learn/phase.js'
import { accuracyOf, lossOf, type Score } from '../learn/score.js'
import type { Sight } from '../learn/sight.js'
import { stream } from '../net/random.js'
import type { Model } from '../net/weights.js'
import type { Checkpoint } from './checkpoint.js'
import type { Env } from './env.js'
import type { RunError } from './error.js'
import type { RunEvent, Scored } from './event.js'
import type { Inside } from './inside.js'
import type { Aim } from './schedule.js'
import type { Beside } from './told.js'

/** What a step changes. */
export type Held = Pick<Checkpoint, 'learner' | 'kept'>

/** What a step goes on from. */
export type From = Pick<Checkpoint, 'learner' | 'kept' | 'inside'>

export interface StepEnv extends Env, Beside {
  readonly stage: number
  /** Where the step stands in the schedule: `2`, or `2/1/0` for the first step of round 1 of step 2. */
  readonly place: string
  /** The aim of the rounds around it, if any. */
  readonly aim: Aim | null
  /** Saves the run as it is inside the step. */
  readonly pause: (
    learner: Learner,
    kept: Checkpoint['kept'],
    inside: Inside,
    event: RunEvent | null,
  ) => TE.TaskEither<RunError, void>
}

export const scoredAs = (score: Score): Scored => ({ accuracy: accuracyOf(score), loss: lossOf(score) })

/** A seed of its own for each step, so that no two shuffle alike. */
export const seedAt = ({ seed, place }: StepEnv): number =>
  Math.floor(stream(seed, `step/${place}`)() * 2 ** 31)

const scoredOn =
  (part: 'validation' | 'test') =>
  ({ engine, dataset }: Env) =>
  (model: Model): TE.TaskEither<LearnError, Score> =>
    assess(engine)(evaluationFeed(dataset, dataset[part], { batch: evaluationBatch }))(model)

/** A model on the validation images. */
export const validated = scoredOn('validation')

/** A model on the test images: a run looks once, at its end. */
export const tested = scoredOn('test')

/** So many training images, or all there are, each class as often as the others, as they are. */
export const sightOf = (env: StepEnv, images: number): Sight => {
  const batch = Math.max(1, Math.min(images, 100, env.dataset.train.size))
  const feed = trainingFeed(env.dataset, { batch, seed: seedAt(env), balanced: true, augment: false })
  return { engine: env.engine, feed, batch, batches: Math.ceil(images / batch) }
}
