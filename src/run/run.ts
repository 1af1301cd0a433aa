/** Begins and resumes a whole run: a folder, an engine, data, and what is checked before anything is written. */

import { existsSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.js'
import { removeParts, writeJson } from '../io/files.js'
import { ownLayersIn } from '../net/words/own-layer.js'
import type { Resources } from './context.js'
import type { RunError } from './error.js'
import type { Result } from './events.js'
import { finish, runName } from './finish.js'
import type { RunObserver } from './observer.js'
import { readLog } from './review/read-log.js'
import { initialCheckpoint } from './runner.js'
import { checkRun } from './schedule/check.js'
import { experimentCodec } from './schedule/codec.js'
import type { Experiment } from './schedule/experiment.js'
import { checkChange } from './schedule/experiment-change.js'
import { type Checkpoint, readCheckpoint, saveCheckpoint } from './storage/checkpoint.js'
import { mendLog } from './storage/event-log.js'
import { claimFolder, type Destination, type Folder } from './storage/folder.js'
import { holdingFolder } from './storage/lock.js'
import {
  type DataChange,
  type Settings,
  settingsCodec,
  settingsOf,
  withData,
  withModule,
} from './storage/settings.js'
import { checkSameSettings, type StoredRun } from './storage/stored-run.js'

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

/** Hands a run to its observer, with what its log holds by now. */
const announce = (run: StoredRun, { onBegin }: RunObserver): TE.TaskEither<RunError, void> =>
  onBegin === undefined
    ? TE.right(undefined)
    : pipe(
        readLog(run.folder.events),
        TE.flatMapTask(({ events }) => onBegin(run, events)),
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
      TE.tap(() => announce(run, observer)),
      TE.flatMap(() => finish(run, resources, observer)(first)),
    )

/**
 * Begins a run in a folder of its own, from a checkpoint that need not be its own: equal beginnings are equal.
 *
 * Errors  those of `checkRun`, before there is a folder; RunThere where it holds a run, RunLocked where one is begun
 *         there at this moment; every `RunError`: what was learnt before one is in the folder
 */
export const beginFrom =
  (destination: Destination, settings: Settings, resources: Resources, observer: RunObserver) =>
  (experiment: Experiment, from: Checkpoint): TE.TaskEither<RunError, Result> =>
    pipe(
      TE.fromEither(checkRun(resources.dataset, experiment)(from.learner.model)),
      TE.flatMap(() => claimFolder(destination)),
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
  (destination: Destination, settings: Settings, resources: Resources, observer: RunObserver) =>
  (experiment: Experiment): TE.TaskEither<RunError, Result> =>
    pipe(
      TE.fromEither(initialCheckpoint(settings.seed)(experiment)),
      TE.flatMap(from => beginFrom(destination, settings, resources, observer)(experiment, from)),
    )

/** What a run is from here on, where that is not what it began as. */
export interface Changes {
  readonly experiment?: Experiment
  readonly data?: DataChange
  /** The file that the experiment is from. */
  readonly module?: string
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
  { experiment = run.experiment, data = {}, module }: Changes = {},
): TE.TaskEither<RunError, Result> => {
  const { folder, settings } = run
  const now: StoredRun = { folder, experiment, settings: withModule(withData(settings, data), module) }
  return pipe(
    TE.fromEither(
      checkSameSettings(settingsOf(settings.seed, resources.engine, resources.dataset, settings.data))(run),
    ),
    TE.flatMapEither(withAllImages(resources.dataset)),
    TE.flatMap(() => readCheckpoint(folder.checkpoint, ownLayersIn(experiment), runName(run), runName(now))),
    TE.tapEither(checkChange(folder.path, run.experiment, experiment)),
    TE.tapEither(({ learner }) => checkRun(resources.dataset, experiment)(learner.model)),
    TE.bindTo('from'),
    TE.bind('logged', ({ from }) => mendLog(folder.events, from.logged, observer.onNote ?? noNote)),
    TE.map(({ from, logged }) => ({ ...from, logged })),
    TE.tap(changeRun(run, now)),
    TE.tap(() => announce(now, observer)),
    TE.flatMap(finish(now, resources, observer)),
    withFolder(folder, observer),
  )
}
