/** Training and pushing as steps of a schedule. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Teaching, TrainOptions } from '../learn/options.js'
import { atStart, type Epoch, runPhase, type Watch } from '../learn/phase.js'
import type { Teacher } from '../learn/train.js'
import { type Learning, phaseOf, pushing, training, warming } from '../learn/transform.js'
import { widthsOf } from '../surgery/trunk.js'
import type { Checkpoint } from './checkpoint.js'
import type { RunError } from './error.js'
import type { RunEvent } from './event.js'
import type { Push, Train, Warmup } from './schedule.js'
import { type From, type Held, type StepEnv, scoredAs, seedAt } from './stepenv.js'
import { cutToCome } from './told.js'

const epochEvent = (stage: number, { epoch, training: seen, validation, alignment }: Epoch): RunEvent => ({
  _tag: 'epoch',
  stage,
  epoch,
  training: scoredAs(seen),
  validation: scoredAs(validation),
  ...(alignment !== undefined && { alignment }),
})

const watchOf = (env: StepEnv, kept: Checkpoint['kept']): Watch<RunError> => ({
  onStep: stepped => env.onStep(stepped, env.place),
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

const runLearning =
  (env: StepEnv, options: TrainOptions, teacher: Teacher | null, learning: Learning) =>
  ({ learner, kept, inside }: From): TE.TaskEither<RunError, Held> =>
    pipe(
      phaseOf({ dataset: env.dataset, seed: seedAt(env), teacher }, options)(learning),
      TE.fromEither,
      TE.flatMap(phase =>
        runPhase(env.engine, watchOf(env, kept))(phase)(
          learner,
          inside?._tag === 'training' ? inside.position : atStart,
        ),
      ),
      TE.map(learnt => ({ learner: learnt, kept })),
    )

export const runTrain =
  (env: StepEnv, step: Train) =>
  (from: From): TE.TaskEither<RunError, Held> => {
    const teacher = teacherIn(step.teaching, from.kept)
    return runLearning(env, step, teacher, training(step, teacher, from.learner.model))(from)
  }

/** Law  the optimizer is as new after it, and no old value has changed */
export const runWarmup =
  (env: StepEnv, step: Warmup) =>
  (from: From): TE.TaskEither<RunError, Held> =>
    pipe(
      runLearning(env, step, null, warming(step, from.learner))(from),
      TE.map(({ learner: { model }, kept }) => ({ learner: { model, slots: {} }, kept })),
    )

export const runPush =
  (env: StepEnv, step: Push) =>
  (from: From): TE.TaskEither<RunError, Held> => {
    const teacher = teacherIn(step.teaching, from.kept)
    const { model } = from.learner
    return pipe(
      TE.fromEither(widthsOf((from.kept.original ?? model).net)),
      TE.flatMap(widths => {
        const cut = cutToCome({ net: model.net, widths }, step, env.prune, env.aim)
        return runLearning(env, step, teacher, pushing(step, cut, teacher, model))(from)
      }),
    )
  }
