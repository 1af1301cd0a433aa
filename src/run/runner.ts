/** A run is a fold of the schedule's steps over a learner, saved wherever it can be taken up again. */
import * as E from 'fp-ts/lib/Either.js'
import { flow, pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.js'
import type { LearnError } from '../learn/error.js'
import { accuracyOf } from '../learn/evaluation/score.js'
import type { Learner } from '../learn/training/phase.js'
import { checkClasses } from '../learn/training/transforms.js'
import { countMacs, countParams } from '../net/counts.js'
import { infer } from '../net/infer.js'
import { channelsOf, isSameShape } from '../net/shape.js'
import type { Net } from '../net/tree.js'
import { init } from '../net/weights.js'
import { fallenToChance } from './chance.js'
import type { RunContext } from './context.js'
import type { StageResult } from './cursor.js'
import type { RunError } from './error.js'
import type { RunEvent } from './events.js'
import { checkSchedule } from './schedule/check.js'
import type { Experiment } from './schedule/experiment.js'
import { neighboursOfStep } from './schedule/lookahead.js'
import { type StepContext, scoreValidation } from './step-context.js'
import { batchSizesIn, runStep } from './steps/machine.js'
import type { Checkpoint } from './storage/checkpoint.js'
import { type History, noHistory, remember } from './storage/history.js'

/** Where a run begins: the net with its first weights. */
export const initialCheckpoint =
  (seed: number) =>
  ({ net }: Experiment): E.Either<RunError, Checkpoint> =>
    pipe(
      init(seed)(net),
      E.map(model => ({
        learner: { model, slots: {} },
        kept: {},
        stages: [],
        inside: null,
        ...noHistory,
        seconds: { run: 0, stage: 0 },
        logged: 0,
      })),
    )

/** Whether the data's images and classes are what the net takes and gives. */
const suits =
  ({ image, classes }: Dataset) =>
  (net: Net): E.Either<LearnError, Net> =>
    pipe(
      infer(net),
      E.flatMap((inferred): E.Either<LearnError, Net> => {
        const output = inferred.get('')?.output ?? []
        if (!isSameShape(net.input, image))
          return E.left({ _tag: 'DataDiffers', what: 'image', net: net.input, data: image })
        return channelsOf(output) === classes.length
          ? E.right(net)
          : E.left({ _tag: 'DataDiffers', what: 'classes', net: output, data: [classes.length] })
      }),
    )

/** What a training may end below its best, and be taken for as good. */
const tolerance = 0.01

/** How far a training ended below the best it had, where that is to be told. */
const lossOf = (name: StageResult['name'], best: number, accuracy: number): Pick<StageResult, 'lost'> => {
  const lost = best - accuracy
  return (name === 'train' || name === 'push') && lost > tolerance ? { lost } : {}
}

const fillsBatches =
  ({ train }: Dataset) =>
  ({ schedule }: Experiment): E.Either<LearnError, void> => {
    const batch = batchSizesIn(schedule).find(images => images > train.size)
    return batch === undefined
      ? E.right(undefined)
      : E.left({ _tag: 'TooFewImages', images: train.size, batch })
  }

/**
 * Whether an experiment could be run on this data, by what is known before anything trains; `net`: where it has come to.
 *
 * Errors  DataDiffers, OneClass, TooFewImages, and those of `checkSchedule`
 */
export const checkRun =
  (dataset: Dataset, experiment: Experiment) =>
  (net: Net): E.Either<RunError, void> =>
    pipe(
      suits(dataset)(net),
      E.flatMap(() => checkClasses(dataset)),
      E.flatMap(() => fillsBatches(dataset)(experiment)),
      E.flatMap(() => checkSchedule(dataset.validation.size)(experiment)),
    )

const resultOf =
  (env: RunContext, told: Pick<StageResult, 'name' | 'seconds' | 'stopped'>, best: number) =>
  ({ model }: Learner): TE.TaskEither<RunError, StageResult> =>
    pipe(
      TE.Do,
      TE.bind('inferred', () => TE.fromEither(infer(model.net))),
      TE.bindW('validation', () => scoreValidation(env)(model)),
      TE.map(({ inferred, validation }) => ({
        ...told,
        params: countParams(inferred),
        macs: countMacs(inferred),
        validation: { accuracy: accuracyOf(validation) },
        ...lossOf(told.name, best, accuracyOf(validation)),
      })),
    )

/** Runs the step that `from` is before or in, and tells how it ended. */
const runStage =
  (env: RunContext, { schedule }: Experiment) =>
  (from: Checkpoint): TE.TaskEither<RunError, Checkpoint> => {
    const stage = from.stages.length
    const step = schedule[stage]
    if (step === undefined) return TE.right(from)
    const began = env.clock()
    const spent = () => ({
      run: from.seconds.run + env.clock() - began,
      stage: from.seconds.stage + env.clock() - began,
    })
    let history: History = { met: from.met, cuts: from.cuts, stopped: from.stopped, best: from.best }
    const emit = (event: RunEvent | null) => {
      if (event !== null) history = remember(history, event)
      return env.emit(event)
    }
    const tellAndSave =
      (event: RunEvent | null) =>
      (checkpoint: Checkpoint): TE.TaskEither<RunError, Checkpoint> =>
        pipe(
          emit(event),
          TE.map(logged => ({ ...checkpoint, ...history, logged })),
          TE.tap(env.save),
        )
    const pause: StepContext['pause'] = (state, inside, event) =>
      pipe({ ...from, ...state, inside, seconds: spent() }, tellAndSave(event), TE.asUnit)

    return pipe(
      from.inside === null ? env.emit({ _tag: 'stageBegan', stage, name: step._tag }) : TE.right(from.logged),
      TE.flatMap(() => {
        const beside = neighboursOfStep(schedule, stage, { push: null, prune: null })
        const around = { ...env, ...beside, emit, stage, place: `${stage}`, target: null, runStep, pause }
        return runStep(around, step)(from)
      }),
      TE.bindTo('held'),
      TE.bind('result', ({ held }) =>
        resultOf(
          env,
          {
            name: step._tag,
            seconds: spent().stage,
            ...(history.stopped !== null && { stopped: history.stopped }),
          },
          Math.max(from.stages.at(-1)?.validation.accuracy ?? 0, history.best),
        )(held.learner),
      ),
      TE.flatMap(({ held, result }) =>
        pipe(
          {
            ...from,
            ...held,
            stages: [...from.stages, result],
            inside: null,
            seconds: { run: spent().run, stage: 0 },
          },
          tellAndSave({ _tag: 'stageEnded', stage, result }),
        ),
      ),
    )
  }

/** Errors  AtChance where what a cut left has fallen to chance, and the run does not go on past that */
const aboveChance =
  ({ dataset, pastChance }: RunContext, { schedule }: Experiment) =>
  ({ stages, kept }: Checkpoint): E.Either<RunError, void> => {
    const cut = kept.original !== undefined && !pastChance
    const fallen = cut ? fallenToChance(schedule, stages, dataset) : null
    return fallen === null ? E.right(undefined) : E.left(fallen)
  }

/**
 * Runs what is left of an experiment, once `checkRun` has found that it could be.
 *
 * Errors  each where it comes to it; AtChance with the stage that ended there saved
 * Law     a run that was stopped or killed and taken up again ends in the same weights as one that was not
 */
export const runSchedule =
  (env: RunContext) =>
  (experiment: Experiment) =>
  (from: Checkpoint): TE.TaskEither<RunError, Checkpoint> =>
    pipe(
      experiment.schedule
        .slice(from.stages.length)
        .reduce<TE.TaskEither<RunError, Checkpoint>>(
          before =>
            pipe(
              before,
              TE.flatMap(runStage(env, experiment)),
              TE.tap(flow(aboveChance(env, experiment), TE.fromEither)),
            ),
          TE.right(from),
        ),
      TE.tap(flow(aboveChance(env, experiment), TE.fromEither)),
    )
