/** Training and pushing as steps of a schedule. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Distill, TrainOptions } from '../../learn/options.js'
import { atStart, type Epoch, type PhaseObserver, runPhase } from '../../learn/training/phase.js'
import type { Teacher } from '../../learn/training/train.js'
import {
  type LearnProgram,
  phaseFor,
  pushProgram,
  trainProgram,
  warmupProgram,
} from '../../learn/training/transforms.js'
import { widthsOf } from '../../surgery/analysis/trunk.js'
import type { RunError } from '../error.js'
import type { RunEvent } from '../events.js'
import { upcomingPrune } from '../schedule/lookahead.js'
import type { Push, Train, Warmup } from '../schedule/schedule.js'
import { type StepContext, type StepStart, type StepState, stepSeed, toScored } from '../step-context.js'
import type { Checkpoint } from '../storage/checkpoint.js'

const epochEvent = (stage: number, { epoch, training: seen, validation, alignment }: Epoch): RunEvent => ({
  _tag: 'epoch',
  stage,
  epoch,
  training: toScored(seen),
  validation: toScored(validation),
  ...(alignment !== undefined && { alignment }),
})

const watchOf = (env: StepContext, kept: Checkpoint['kept']): PhaseObserver<RunError> => ({
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
const teacherIn = (teaching: Distill | null, { teacher }: Checkpoint['kept']): Teacher | null =>
  teaching === null || teacher === undefined ? null : { ...teaching, model: teacher }

const runLearning =
  (env: StepContext, options: TrainOptions, teacher: Teacher | null, learning: LearnProgram) =>
  ({ learner, kept, inside }: StepStart): TE.TaskEither<RunError, StepState> =>
    pipe(
      phaseFor({ dataset: env.dataset, seed: stepSeed(env), teacher }, options)(learning),
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
  (env: StepContext, step: Train) =>
  (from: StepStart): TE.TaskEither<RunError, StepState> => {
    const teacher = teacherIn(step.distill, from.kept)
    return runLearning(env, step, teacher, trainProgram(step, teacher, from.learner.model))(from)
  }

/** Law  the optimizer is as new after it, and no old value has changed */
export const runWarmup =
  (env: StepContext, step: Warmup) =>
  (from: StepStart): TE.TaskEither<RunError, StepState> =>
    pipe(
      runLearning(env, step, null, warmupProgram(step, from.learner))(from),
      TE.map(({ learner: { model }, kept }) => ({ learner: { model, slots: {} }, kept })),
    )

export const runPush =
  (env: StepContext, step: Push) =>
  (from: StepStart): TE.TaskEither<RunError, StepState> => {
    const teacher = teacherIn(step.distill, from.kept)
    const { model } = from.learner
    return pipe(
      TE.fromEither(widthsOf((from.kept.original ?? model).net)),
      TE.flatMap(widths => {
        const cut = upcomingPrune({ net: model.net, widths }, step, env.prune, env.target)
        return runLearning(env, step, teacher, pushProgram(step, cut, teacher, model))(from)
      }),
    )
  }
