/** What the steps that train share. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf } from '../../learn/evaluation/score.js'
import type { Distill, TrainOptions } from '../../learn/options.js'
import type { Teacher } from '../../learn/training/train.js'
import { atStart, type Epoch, type PhaseObserver, runPhase } from '../../learn/training/training-loop.js'
import { type LearnProgram, phaseFor } from '../../learn/training/transforms.js'
import type { RunError } from '../error.js'
import type { RunEvent } from '../events.js'
import type { KeptModels } from '../storage/kept-models.js'
import { type StepContext, type StepStart, type StepState, stepSeed, toScored } from './step-context.js'
import { stageOf } from './step-place.js'

const epochEvent = (stage: number, { epoch, training, validation, alignment }: Epoch): RunEvent => ({
  _tag: 'epoch',
  stage,
  epoch,
  training: toScored(training),
  validation: toScored(validation),
  ...(alignment !== undefined && { alignment }),
})

/** Events that came up between two pauses, which take them. */
export type TakeEvents = () => readonly RunEvent[]

const noEvents: TakeEvents = () => []

const observerFor = (
  context: StepContext,
  state: StepState,
  takeEvents: TakeEvents,
): PhaseObserver<RunError> => ({
  onStep: progress => context.onStep(progress, context.place),
  stopping: context.stopping,
  onPause: (learner, position, epoch) => {
    if (epoch !== null) context.addAccuracy(accuracyOf(epoch.validation))
    return pipe(
      takeEvents(),
      TE.traverseSeqArray(context.emit),
      TE.flatMap(() =>
        context.pause(
          { ...state, learner },
          { _tag: 'training', position },
          epoch === null ? null : epochEvent(stageOf(context.place), epoch),
        ),
      ),
    )
  },
})

/** The teacher, where the step wants one and there is one. */
export const teacherFor = (distill: Distill | null, { teacher }: KeptModels): Teacher | null =>
  distill === null || teacher === null ? null : { ...distill, model: teacher }

/** Trains from where the run is in the step. */
export const runLearning =
  (
    context: StepContext,
    options: TrainOptions,
    teacher: Teacher | null,
    program: LearnProgram,
    takeEvents = noEvents,
  ) =>
  ({ inside, ...state }: StepStart): TE.TaskEither<RunError, StepState> =>
    pipe(
      phaseFor({ dataset: context.dataset, seed: stepSeed(context), teacher }, options)(program),
      TE.fromEither,
      TE.flatMap(phase =>
        runPhase(context.engine, observerFor(context, state, takeEvents))(phase)(
          state.learner,
          inside?._tag === 'training' ? inside.position : atStart,
        ),
      ),
      TE.map(learner => ({ ...state, learner })),
    )
