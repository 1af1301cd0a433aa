/** A run is a fold of the schedule's steps over a learner, saved wherever it can be resumed. */
import * as E from 'fp-ts/lib/Either.js'
import { flow, pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf } from '../learn/evaluation/score.js'
import { countMacs, countParams } from '../net/counts.js'
import { init } from '../net/weights.js'
import { fallenToChance } from './chance-level.js'
import type { RunContext } from './context.js'
import type { StageResult } from './cursor.js'
import type { RunError } from './error.js'
import type { Experiment } from './schedule/experiment.js'
import { neighboursOfStep } from './schedule/neighbours.js'
import type { Step } from './schedule/steps.js'
import { beginWith } from './standalone/origin.js'
import { type StepContext, type StepState, scoreValidation } from './steps/step-context.js'
import type { Checkpoint } from './storage/checkpoint.js'
import {
  type History,
  historyOf,
  noHistory,
  withAccuracy,
  withBestEpoch,
  withCut,
  withMacs,
  withMet,
} from './storage/history.js'
import { noModels } from './storage/kept-models.js'

/** Where a run begins: the net with its first weights, drawn or given. Errors  those of `init` and of `beginWith` */
export const initialCheckpoint =
  (seed: number) =>
  ({ net, from }: Experiment): E.Either<RunError, Checkpoint> =>
    pipe(
      init(seed)(net),
      E.mapLeft((error): RunError => error),
      E.flatMap(beginWith(from)),
      E.map(model => ({
        learner: { model, slots: {} },
        models: noModels,
        stopped: null,
        stages: [],
        cursor: null,
        ...noHistory,
        seconds: { run: 0, stage: 0 },
        logged: 0,
      })),
    )

/** How far below its best a training may end without a word of it. */
const tolerance = 0.01

/** How far a training ended below its best, where that is more than the tolerance. */
const lossOf = (name: StageResult['name'], best: number, accuracy: number): Pick<StageResult, 'lost'> => {
  const lost = best - accuracy
  return (name === 'train' || name === 'push') && lost > tolerance ? { lost } : {}
}

/** How a step of the schedule ended; `best`: the validation accuracy it might have ended with. */
const resultOf =
  (context: RunContext, step: Pick<StageResult, 'name' | 'seconds' | 'trainingMacs'>, best: number) =>
  ({ learner: { model }, stopped }: StepState): TE.TaskEither<RunError, StageResult> =>
    pipe(
      scoreValidation(context)(model),
      TE.map(validation => ({
        ...step,
        ...(stopped !== null && { stopped }),
        params: countParams(model),
        macs: countMacs(model),
        validation: { accuracy: accuracyOf(validation) },
        ...lossOf(step.name, best, accuracyOf(validation)),
      })),
    )

type StageContext = RunContext & Pick<StepContext, 'addCut' | 'addAccuracy' | 'addBestEpoch' | 'addMacs'>

/** What a step of the schedule needs of the run around it. */
interface Stage {
  readonly context: StageContext
  readonly from: Checkpoint
  /** Seconds spent by now, in the run and in the step. */
  readonly spent: () => Checkpoint['seconds']
  readonly history: () => History
}

/** A stage whose steps add to the history. */
const openStage = (context: RunContext, from: Checkpoint): Stage => {
  const began = context.clock()
  let history = historyOf(from)
  const add = (next: (before: History) => History): void => {
    history = next(history)
  }
  return {
    context: {
      ...context,
      keep: (met, model) =>
        pipe(
          context.keep(met, model),
          TE.tapIO(() => () => add(withMet(met))),
        ),
      addCut: cut => add(withCut(cut)),
      addAccuracy: accuracy => add(withAccuracy(accuracy)),
      addMacs: macs => add(withMacs(macs)),
      addBestEpoch: kept => add(withBestEpoch(kept)),
    },
    from,
    spent: () => ({
      run: from.seconds.run + context.clock() - began,
      stage: from.seconds.stage + context.clock() - began,
    }),
    history: () => history,
  }
}

/** Saves what changed, with what was logged and met by then. */
const saveStage = (
  { context, from }: Stage,
  change: Partial<Checkpoint>,
  history: History,
): TE.TaskEither<RunError, Checkpoint> =>
  pipe({ ...from, ...change, ...history, logged: context.logLength() }, TE.right, TE.tap(context.save))

const pauseIn =
  (stage: Stage): StepContext['pause'] =>
  (state, cursor, event) =>
    pipe(
      event === null ? TE.right(undefined) : stage.context.emit(event),
      TE.flatMap(() => saveStage(stage, { ...state, cursor, seconds: stage.spent() }, stage.history())),
      TE.asUnit,
    )

/** Multiply–accumulates of a stage: those of the run without those of the stages before it. */
const macsOf = ({ from, history }: Stage): number =>
  from.stages.reduce((rest, { trainingMacs = 0 }) => rest - trainingMacs, history().trainingMacs)

/** Emits how a step ended, and saves the run before the next. */
const endStage =
  (open: Stage, { _tag: name }: Step) =>
  (state: StepState): TE.TaskEither<RunError, Checkpoint> => {
    const { context, from, spent, history } = open
    const best = Math.max(from.stages.at(-1)?.validation.accuracy ?? 0, history().best)
    return pipe(
      resultOf(context, { name, seconds: spent().stage, trainingMacs: macsOf(open) }, best)(state),
      TE.tap(result => context.emit({ _tag: 'stageEnded', stage: from.stages.length, result })),
      TE.flatMap(result =>
        saveStage(
          open,
          {
            ...state,
            stages: [...from.stages, result],
            stopped: null,
            cursor: null,
            seconds: { run: spent().run, stage: 0 },
          },
          { ...history(), best: 0 },
        ),
      ),
    )
  }

/** Runs the step that `from` is before or in. */
const runStage =
  (run: RunContext, { schedule }: Experiment) =>
  (from: Checkpoint): TE.TaskEither<RunError, Checkpoint> => {
    const stage = from.stages.length
    const step = schedule[stage]
    if (step === undefined) return TE.right(from)
    const open = openStage(run, from)
    const context: StepContext = {
      ...open.context,
      ...neighboursOfStep(schedule, stage, { push: null, prune: null }),
      place: [stage],
      target: null,
      budget: null,
      newRate: null,
      pause: pauseIn(open),
    }
    return pipe(
      from.cursor === null ? run.emit({ _tag: 'stageBegan', stage, name: step._tag }) : TE.right(undefined),
      TE.flatMap(() => run.runStep(context, step)(from)),
      TE.flatMap(endStage(open, step)),
    )
  }

/** Errors  AtChance where what a cut left has fallen to chance, and the run does not go on past that */
const checkChance =
  ({ dataset, pastChance }: RunContext, { schedule }: Experiment) =>
  ({ stages, models }: Checkpoint): E.Either<RunError, void> => {
    const cut = models.original !== null && !pastChance
    const fallen = cut ? fallenToChance(schedule, stages, dataset) : null
    return fallen === null ? E.right(undefined) : E.left(fallen)
  }

/**
 * Runs what is left of an experiment, once `checkRun` has found that it could be.
 *
 * Errors  each where it comes to it; AtChance with the stage that ended there saved
 * Law     a run that was stopped or killed and resumed ends in the same weights as one that was not
 */
export const runSchedule =
  (context: RunContext) =>
  (experiment: Experiment) =>
  (from: Checkpoint): TE.TaskEither<RunError, Checkpoint> =>
    pipe(
      experiment.schedule
        .slice(from.stages.length)
        .reduce<TE.TaskEither<RunError, Checkpoint>>(
          before =>
            pipe(
              before,
              TE.flatMap(runStage(context, experiment)),
              TE.tap(flow(checkChance(context, experiment), TE.fromEither)),
            ),
          TE.right(from),
        ),
      TE.tap(flow(checkChance(context, experiment), TE.fromEither)),
    )
