/** Training and pushing as steps of a schedule. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { evaluationFeed, trainingFeed } from '../data/batches.js'
import { evaluationBatch } from '../learn/assess.js'
import type { LearnError } from '../learn/error.js'
import { verdicts } from '../learn/losers.js'
import { atStart, type Calls, type Epoch, type Phase, runPhase, type Watch } from '../learn/phase.js'
import { pushCalls, pushFeeds } from '../learn/push.js'
import {
  rateFeeds,
  type Teacher,
  type Teaching,
  type TrainOptions,
  teacherWeights,
  trainCalls,
} from '../learn/train.js'
import type { Checkpoint } from './checkpoint.js'
import type { RunError } from './error.js'
import type { RunEvent } from './event.js'
import type { Push, Train } from './schedule.js'
import { type From, type Held, type StepEnv, scoredAs, seedAt } from './stepenv.js'

const epochEvent = (stage: number, { epoch, training, validation }: Epoch): RunEvent => ({
  _tag: 'epoch',
  stage,
  epoch,
  training: scoredAs(training),
  validation: scoredAs(validation),
})

const watchOf = (env: StepEnv, kept: Checkpoint['kept']): Watch<RunError> => ({
  onStep: env.onStep,
  stopping: env.stopping,
  onPause: (learner, position, done) =>
    env.pause(
      learner,
      kept,
      { _tag: 'training', position },
      done === null ? null : epochEvent(env.stage, done),
    ),
})

/** The model kept as teacher, where the step wants one and there is one. */
const teacherIn = (teaching: Teaching | null, { teacher }: Checkpoint['kept']): Teacher | null =>
  teaching === null || teacher === undefined ? null : { ...teaching, model: teacher }

type Learning = Pick<Phase, 'feeds' | 'before'> & { readonly calls: E.Either<LearnError, Calls> }

const runLearning =
  (env: StepEnv, options: TrainOptions, teacher: Teacher | null) =>
  ({ calls, ...learning }: Learning) =>
  ({ learner, kept, inside }: From): TE.TaskEither<RunError, Held> => {
    const { dataset } = env
    const seed = seedAt(env)
    const training = trainingFeed(dataset, { batch: options.batch, seed, balanced: options.balanced })
    const enough: E.Either<RunError, void> =
      training.batches > 0
        ? E.right(undefined)
        : E.left({ _tag: 'TooFewImages', images: dataset.train.size, batch: options.batch })
    return pipe(
      enough,
      E.flatMap(() => calls),
      E.map(
        (built): Phase => ({
          ...learning,
          calls: built,
          epochs: options.epochs,
          seed,
          training,
          validation: evaluationFeed(dataset, dataset.validation, { batch: evaluationBatch }),
          fixed: teacherWeights(teacher),
        }),
      ),
      TE.fromEither,
      TE.flatMap(phase =>
        runPhase(env.engine, watchOf(env, kept))(phase)(
          learner,
          inside?._tag === 'training' ? inside.position : atStart,
        ),
      ),
      TE.map(learnt => ({ learner: learnt, kept })),
    )
  }

export const runTrain =
  (env: StepEnv, step: Train) =>
  (from: From): TE.TaskEither<RunError, Held> => {
    const teacher = teacherIn(step.teaching, from.kept)
    const calls = trainCalls(step, evaluationBatch, teacher)(from.learner.model.net)
    return runLearning(env, step, teacher)({ calls, feeds: rateFeeds(step) })(from)
  }

export const runPush =
  (env: StepEnv, step: Push) =>
  (from: From): TE.TaskEither<RunError, Held> => {
    const teacher = teacherIn(step.teaching, from.kept)
    const calls = pushCalls(step, evaluationBatch, teacher)(from.learner.model.net)
    const { losers } = step
    const before =
      losers === null ? {} : { before: verdicts(losers, step.aim ?? env.aim, from.learner.model) }
    return runLearning(env, step, teacher)({ calls, feeds: pushFeeds(step), ...before })(from)
  }
