/** A whole run: a folder, an engine, data, the fold over the schedule, one look at the test, the result. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { saveModel } from '../convert/model-file.js'
import type { Dataset } from '../data/dataset.js'
import { preprocessingOf } from '../data/preprocessing.js'
import type { Engine } from '../engine/engine.js'
import { makeFolder, removeParts, syncFile, writeJson } from '../io/files.js'
import type { StepProgress } from '../learn/training/phase.js'
import { countMacs, countParams } from '../net/counts.js'
import { compareBeforeAfter } from './comparison.js'
import type { RunContext } from './context.js'
import type { RunError } from './error.js'
import type { Result, RunEvent } from './events.js'
import type { Note } from './notes.js'
import { checkRun, initialCheckpoint, runSchedule } from './runner.js'
import { experimentCodec } from './schedule/codec.js'
import type { Experiment } from './schedule/experiment.js'
import { checkChange } from './schedule/experiment-change.js'
import { scoreTest, toScored } from './step-context.js'
import { type Checkpoint, readCheckpoint, saveCheckpoint } from './storage/checkpoint.js'
import { mendLog, openLog } from './storage/event-log.js'
import { claimFolder, type Folder, type Place } from './storage/folder.js'
import { identityOf } from './storage/identity.js'
import { holdingFolder } from './storage/lock.js'
import { type DataChange, type Settings, settingsCodec, settingsOf, withData } from './storage/settings.js'
import { checkSameSettings, type StoredRun } from './storage/stored-run.js'

/** Who watches a run, and who may stop it. */
export interface RunObserver {
  /** Called with each line of the log. */
  readonly onEvent: (event: RunEvent) => void
  /** After each step of training; `place`: where in the schedule, such as `2/1/0` for the first step of round 1 of step 2. */
  readonly onStep: (stepped: StepProgress, place: string) => void
  /** Called between steps: whether to stop here. */
  readonly stopping: () => boolean
  /** Called with the run's folder once it is certain that the run will be kept there, before anything trains. */
  readonly onFolder?: (path: string) => void
  /** Called with what was found and mended before the run goes on. */
  readonly onNote?: (note: Note) => void
  /** Whether the net before the first cut is measured beside the one at the end; by default it is. */
  readonly beside?: boolean
  /** Whether a run goes on where what a cut left has fallen to chance; by default it ends there with AtChance. */
  readonly pastChance?: boolean
  /** After each step of the schedule, with what the next begins from. */
  readonly onStage?: (checkpoint: Checkpoint) => TE.TaskEither<RunError, void>
}

/** Everything a run needs that has an effect of its own to get. */
export interface Resources {
  readonly engine: Engine
  readonly dataset: Dataset
}

/** What a run computes, by name. */
const runName = ({ experiment, settings }: StoredRun): string => identityOf(experiment, settings)

const resultOf =
  ({ folder, experiment, settings }: StoredRun, context: RunContext, beside: boolean) =>
  (end: Checkpoint): TE.TaskEither<RunError, Result> => {
    const { checksum, take } = settings.data
    return pipe(
      scoreTest(context)(end.learner.model),
      TE.bindTo('test'),
      TE.bindW('compared', ({ test }) => (beside ? compareBeforeAfter(context, test)(end) : TE.right(null))),
      TE.map(
        ({ test, compared }): Result => ({
          experiment: experiment.net.name,
          engine: settings.engine,
          code: settings.code,
          seed: settings.seed,
          data: { name: context.dataset.name, checksum, ...(take !== undefined && { take }) },
          params: countParams(end.learner.model),
          macs: countMacs(end.learner.model),
          stages: end.stages,
          test: toScored(test),
          seconds: end.seconds.run,
          out: folder.path,
          ...(end.met.length > 0 && { met: end.met }),
          ...(end.cuts.length > 0 && { cuts: end.cuts }),
          ...(compared !== null && { compared }),
        }),
      ),
    )
  }

/** Goes on from a checkpoint to the end, in the run's folder. */
const finish =
  (run: StoredRun, { engine, dataset }: Resources, observer: RunObserver) =>
  (from: Checkpoint): TE.TaskEither<RunError, Result> => {
    const { folder, experiment, settings } = run
    const preprocessing = preprocessingOf(dataset)
    const onStage = observer.onStage ?? (() => TE.right(undefined))
    const save = saveCheckpoint(folder.checkpoint, runName(run))
    const context: RunContext = {
      engine,
      dataset,
      seed: settings.seed,
      ...openLog(folder.events, from.logged, observer.onEvent),
      onStep: observer.onStep,
      save: checkpoint =>
        pipe(
          syncFile(folder.events),
          TE.flatMap(() => save(checkpoint)),
          TE.flatMap(() => (checkpoint.inside === null ? onStage(checkpoint) : TE.right(undefined))),
        ),
      keep: (met, model) =>
        pipe(
          makeFolder(folder.met),
          TE.flatMap(() =>
            saveModel(join(folder.met, `${met.name}.safetensors`), preprocessing, {
              figures: JSON.stringify(met),
            })(model),
          ),
        ),
      stopping: observer.stopping,
      pastChance: observer.pastChance ?? false,
      clock: () => performance.now() / 1000,
    }
    return pipe(
      runSchedule(context)(experiment)(from),
      TE.tap(end => saveModel(folder.model, preprocessing)(end.learner.model)),
      TE.flatMap(resultOf(run, context, observer.beside ?? true)),
      TE.tap(result => writeJson(folder.result)(result)),
    )
  }

const noNote = (): void => undefined

/** Holds a run's folder, free of what was half written, while something is done there. */
const withFolder =
  ({ path, met }: Folder, { onNote = noNote }: RunObserver) =>
  <A>(use: TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> =>
    pipe(
      removeParts(path, () => true),
      TE.flatMap(() => removeParts(met, () => true)),
      TE.flatMap(() => use),
      holdingFolder(path, onNote),
    )

const requireNoRun = ({ path, checkpoint }: Folder): TE.TaskEither<RunError, void> =>
  existsSync(checkpoint) ? TE.left({ _tag: 'RunThere', folder: path }) : TE.right(undefined)

const write = ({ folder, experiment, settings }: StoredRun): TE.TaskEither<RunError, void> =>
  pipe(
    writeJson(folder.experiment)(experimentCodec.encode(experiment)),
    TE.flatMap(() => writeJson(folder.settings)(settingsCodec.encode(settings))),
  )

/** Writes down a run that has just begun, and does it. */
const start =
  (run: StoredRun, resources: Resources, observer: RunObserver) =>
  (first: Checkpoint): TE.TaskEither<RunError, Result> =>
    pipe(
      requireNoRun(run.folder),
      TE.flatMap(() => write(run)),
      TE.flatMap(() => mendLog(run.folder.events, 0, noNote)),
      TE.flatMap(() => saveCheckpoint(run.folder.checkpoint, runName(run))(first)),
      TE.tapIO(() => () => observer.onFolder?.(run.folder.path)),
      TE.flatMap(() => finish(run, resources, observer)(first)),
    )

/**
 * Begins a run in a folder of its own, from a checkpoint that need not be its own: equal beginnings are equal.
 *
 * Errors  those of `checkRun`, before there is a folder; RunThere where it holds a run, RunLocked where one is begun
 *         there at this moment; every `RunError`: what was learnt before one is in the folder
 */
export const beginFrom =
  (place: Place, settings: Settings, resources: Resources, observer: RunObserver) =>
  (experiment: Experiment, from: Checkpoint): TE.TaskEither<RunError, Result> =>
    pipe(
      TE.fromEither(checkRun(resources.dataset, experiment)(from.learner.model)),
      TE.flatMap(() => claimFolder(place)),
      TE.flatMap(folder =>
        pipe(
          { ...from, logged: 0 },
          start({ folder, experiment, settings }, resources, observer),
          withFolder(folder, observer),
        ),
      ),
    )

/** Begins a run with the net's first weights. */
export const begin =
  (place: Place, settings: Settings, resources: Resources, observer: RunObserver) =>
  (experiment: Experiment): TE.TaskEither<RunError, Result> =>
    pipe(
      TE.fromEither(initialCheckpoint(settings.seed)(experiment)),
      TE.flatMap(from => beginFrom(place, settings, resources, observer)(experiment, from)),
    )

/** What a run is from here on, where that is not what it began as. */
export interface Changes {
  readonly experiment?: Experiment
  readonly data?: DataChange
}

/** Images the run began with, which are missing now, would move all others between training and validation. */
const withAllImages =
  ({ skipped }: Dataset) =>
  (run: StoredRun): E.Either<RunError, StoredRun> => {
    const [first] = skipped
    return first === undefined || run.settings.data.skipBad === true
      ? E.right(run)
      : E.left({ _tag: 'ImagesLost', folder: run.folder.path, images: skipped.length, first })
  }

/** Makes what changes part of the run. Killed on the way, it is the one or the other. */
const changeRun =
  (before: StoredRun, now: StoredRun) =>
  (checkpoint: Checkpoint): TE.TaskEither<RunError, void> =>
    pipe(
      saveCheckpoint(before.folder.checkpoint, runName(before), runName(now))(checkpoint),
      TE.flatMap(() => write(now)),
    )

/**
 * Resumes a run from its checkpoint, as its folder describes it but for what changes. Everything is checked before
 * anything is written. A damaged log is cut to its last whole line, with a note.
 *
 * Errors  RunLocked where another process is at it; RunDiffers where engine, threads or data are not what they were,
 *         ImagesLost; OtherRun where the checkpoint is not its own; DoneDiffers; those of `checkRun`
 * Law     a run that an unreadable image has ended, and that goes on without such, ends as one begun without
 */
export const resume = (
  run: StoredRun,
  resources: Resources,
  observer: RunObserver,
  { experiment = run.experiment, data = {} }: Changes = {},
): TE.TaskEither<RunError, Result> => {
  const { folder, settings } = run
  const now: StoredRun = { folder, experiment, settings: withData(settings, data) }
  return pipe(
    TE.fromEither(
      checkSameSettings(settingsOf(settings.seed, resources.engine, resources.dataset, settings.data))(run),
    ),
    TE.flatMapEither(withAllImages(resources.dataset)),
    TE.flatMap(() => readCheckpoint(folder.checkpoint, runName(run), runName(now))),
    TE.tapEither(checkChange(folder.path, run.experiment, experiment)),
    TE.tapEither(({ learner }) => checkRun(resources.dataset, experiment)(learner.model)),
    TE.bindTo('from'),
    TE.bind('logged', ({ from }) => mendLog(folder.events, from.logged, observer.onNote ?? noNote)),
    TE.map(({ from, logged }) => ({ ...from, logged })),
    TE.tap(changeRun(run, now)),
    TE.flatMap(finish(now, resources, observer)),
    withFolder(folder, observer),
  )
}
