/** What the steps that train share. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf } from '../../learn/evaluation/score.js'
import type { Distill, TrainOptions } from '../../learn/options.js'
import { recalibrateAverage } from '../../learn/repair/recalibrate.js'
import type { Learner } from '../../learn/training/learner.js'
import { atStart, type Epoch, type PhaseObserver } from '../../learn/training/phase.js'
import { learningRateAfter, type Teacher } from '../../learn/training/train.js'
import { runPhase } from '../../learn/training/training-loop.js'
import { type LearnProgram, phaseFor } from '../../learn/training/transforms.js'
import { trainingMacs } from '../../learn/training-macs.js'
import { countMacs, countParams } from '../../net/counts.js'
import type { RunError } from '../error.js'
import type { RunEvent } from '../events.js'
import type { KeptModels } from '../storage/kept-models.js'
import { type MeasureNewUnits, withNewUnits } from './grow/measure-new-units.js'
import {
  calibrationFor,
  placeText,
  type StepContext,
  type StepStart,
  type StepState,
  stageOf,
  stepSeed,
  toScored,
} from './step-context.js'

/** Digits of the learning rate in the log. */
const rateDigits = 4

const batchesOf = ({ dataset }: StepContext, { batchSize }: TrainOptions): number =>
  Math.floor(dataset.train.size / batchSize)

/** Events that came up between two pauses, which take them. */
export type TakeEvents = () => readonly RunEvent[]

const noEvents: TakeEvents = () => []

/** A training to follow. */
interface Followed {
  readonly options: TrainOptions
  readonly teacher: Teacher | null
  readonly state: StepState
  readonly takeEvents: TakeEvents
  /** The epochs that were done when the step cut the net it trains. */
  readonly cut: number | undefined
  readonly measure: MeasureNewUnits
}

const epochEvent = (
  context: StepContext,
  { options, measure }: Pick<Followed, 'options' | 'measure'>,
  { model }: Learner,
  { epoch, training, validation, alignment }: Epoch,
): TE.TaskEither<RunError, RunEvent> => {
  const learningRate = learningRateAfter(options, batchesOf(context, options), epoch)
  return pipe(
    measure(model),
    TE.map(measured => ({
      _tag: 'epoch',
      stage: stageOf(context.place),
      epoch,
      training: toScored(training),
      validation: toScored(validation),
      params: countParams(model),
      macs: countMacs(model),
      learningRate: Number(learningRate.toPrecision(rateDigits)),
      ...measured,
      ...(alignment !== undefined && { alignment }),
    })),
  )
}

/** Emits what came up and how the epoch went, and saves the run. */
const pauseOf =
  (
    context: StepContext,
    { options, state, takeEvents, cut, measure }: Followed,
  ): PhaseObserver<RunError>['onPause'] =>
  (learner, position, epoch) => {
    if (epoch !== null) context.addAccuracy(accuracyOf(epoch.validation))
    return pipe(
      takeEvents(),
      TE.traverseSeqArray(context.emit),
      TE.flatMap(() =>
        epoch === null ? TE.right(null) : epochEvent(context, { options, measure }, learner, epoch),
      ),
      TE.flatMap(event =>
        context.pause(
          { ...state, learner },
          { _tag: 'training', position, ...(cut !== undefined && { cut }) },
          event,
        ),
      ),
    )
  }

/** Adds up the work of the training, and emits its best epoch. */
const endOf =
  (
    context: StepContext,
    { options, teacher, state, cut }: Followed,
  ): NonNullable<PhaseObserver<RunError>['onEnd']> =>
  (epochs, best) => {
    context.addMacs(
      trainingMacs({
        epochs: epochs - (cut ?? 0),
        batches: batchesOf(context, options),
        batchSize: options.batchSize,
        macs: countMacs(state.learner.model),
        teacherMacs: teacher === null ? 0 : countMacs(teacher.model),
      }),
    )
    if (best === null) return TE.right(undefined)
    const kept = { ...best, place: placeText(context.place), epochs, restored: options.restoreBest }
    context.addBestEpoch(kept)
    return context.emit({ _tag: 'bestEpoch', stage: stageOf(context.place), ...kept })
  }

const observerFor = (context: StepContext, followed: Followed): PhaseObserver<RunError> => ({
  onStep: progress => context.onStep(progress, context.place),
  stopping: context.stopping,
  onPause: pauseOf(context, followed),
  onEnd: endOf(context, followed),
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
  ({ cursor, ...state }: StepStart): TE.TaskEither<RunError, StepState> => {
    const { position, cut } = cursor?._tag === 'training' ? cursor : { position: atStart, cut: undefined }
    return pipe(
      phaseFor({ dataset: context.dataset, seed: stepSeed(context), teacher }, options)(program),
      TE.fromEither,
      TE.flatMap(phase =>
        withNewUnits(context.newUnits ?? {}, images => calibrationFor(context, images))(state.learner.model)(
          measure => {
            const observer = observerFor(context, { options, teacher, state, takeEvents, cut, measure })
            return runPhase(context.engine, observer)(phase)(state.learner, position)
          },
        ),
      ),
      TE.map(learner => ({ ...state, learner })),
    )
  }

/**
 * The same for all weights: batch norm is measured again where they are an average. A warm-up leaves old statistics
 * alone.
 */
export const runTraining =
  (
    context: StepContext,
    options: TrainOptions,
    teacher: Teacher | null,
    program: LearnProgram,
    takeEvents = noEvents,
  ) =>
  (from: StepStart): TE.TaskEither<RunError, StepState> =>
    pipe(
      runLearning(context, options, teacher, program, takeEvents)(from),
      TE.bindTo('state'),
      TE.bindW('learner', ({ state }) =>
        recalibrateAverage({ ...context, seed: stepSeed(context) }, options)(state.learner),
      ),
      TE.map(({ state, learner }) => ({ ...state, learner })),
    )
