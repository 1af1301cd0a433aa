/** `espalier resume`, and `espalier train --resume` */
import { resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Stopped } from '../report/text/render-message.js'
import type { Recorder } from '../report/tracking/recorder.js'
import type { RunError } from '../run/error.js'
import type { Result } from '../run/events.js'
import { restoreFunctions } from '../run/load/restore.js'
import { resume } from '../run/run.js'
import type { Experiment } from '../run/schedule/experiment.js'
import { checkSameExperiment } from '../run/schedule/experiment-change.js'
import { withData } from '../run/storage/settings.js'
import { checkSameSettings, openRun, type StoredRun } from '../run/storage/stored-run.js'
import { clusterOptions } from './cluster/lead.js'
import { localOf, observerIn, stopperOf } from './cluster/opened.js'
import { end } from './exit.js'
import { nameOfNet, recorded, recorderFor } from './recorders.js'
import type { OpenResources } from './resources.js'
import { reportRun } from './review/report.js'
import {
  changeOf,
  type DataArguments,
  deviceOf,
  loadFrom,
  type OutputArguments,
  observerOf,
  opener,
  printResult,
  resumeCommand,
  sayResume,
  type TrainArguments,
} from './run-command.js'
import { type Stopper, stopper, withStopped } from './signals.js'

/** Refuses options that a resumed run cannot change: seed, engine, folder, number of images. */
const checkArguments =
  ({ seed, take, engine, out }: Partial<TrainArguments>) =>
  (run: StoredRun): E.Either<RunError, StoredRun> => {
    const { settings, folder } = run
    const settingsNow = {
      ...settings,
      seed: seed ?? settings.seed,
      engine: { ...settings.engine, name: engine ?? settings.engine.name },
      data: { ...settings.data, ...(take !== undefined && { take }) },
    }
    return out !== undefined && resolve(out) !== resolve(folder.path)
      ? E.left({ _tag: 'OutDiffers', folder: folder.path, out })
      : checkSameSettings(settingsNow)(run)
  }

/** The experiment of a file; without `force` it must be the one the run began with. */
const loadSameExperiment = (
  file: string,
  { force = false, ...options }: Partial<TrainArguments>,
  run: StoredRun,
): TE.TaskEither<RunError, Experiment> =>
  pipe(
    loadFrom(file, options),
    TE.tapEither(experiment => (force ? E.right(run) : checkSameExperiment(experiment)(run))),
  )

/** A stored run, what it goes on with, and the file that names the experiment where one does. */
interface Resumable {
  readonly run: StoredRun
  readonly experiment: Experiment
  readonly file: string | null
}

export const openResumable = (
  path: string,
  file: string | null,
  options: Partial<TrainArguments>,
): TE.TaskEither<RunError, Resumable> =>
  pipe(
    openRun(path),
    TE.flatMapEither(checkArguments(options)),
    TE.bindTo('run'),
    TE.bind('experiment', ({ run }) =>
      file === null ? restoreFunctions(run) : loadSameExperiment(file, options, run),
    ),
    TE.map(opened => ({ ...opened, file })),
  )

/** Goes on with a run, writes its report and records its result. */
const resumeIn =
  (
    { run, experiment, file }: Resumable,
    options: Partial<TrainArguments>,
    recorder: Recorder,
    stop: Stopper,
  ) =>
  (opened: OpenResources): TE.TaskEither<RunError, Result> =>
    pipe(
      observerIn(opened, observerOf(experiment.schedule, stopperOf(stop, opened), options, recorder)),
      observer =>
        resume(run, opened, observer, {
          experiment,
          data: changeOf(options),
          ...(file !== null && { module: file }),
        }),
      TE.tap(() => reportRun(run.folder.path, localOf(opened))),
      recorded(recorder),
    )

export const continueRun =
  (options: Partial<TrainArguments>, recorder: Recorder) =>
  (resumable: Resumable): TE.TaskEither<RunError | Stopped, Result> => {
    const { experiment, run } = resumable
    const { path } = run.folder
    const { seed, engine, data } = withData(run.settings, changeOf(options))
    const stop = stopper()
    return pipe(
      resumeIn(resumable, options, recorder, stop),
      opener(options, path)(experiment, seed, data, { ...engine, ...deviceOf(options) }, stop),
      TE.tapError(error => TE.fromIO(() => sayResume(error, path, options))),
      withStopped(stop, () => resumeCommand(path, ...clusterOptions(options))),
    )
  }

export const resumeRun = (folder: string, options: OutputArguments & DataArguments): Promise<void> =>
  end(
    pipe(
      recorderFor(options, nameOfNet),
      TE.fromEither,
      TE.flatMap(recorder =>
        pipe(openResumable(folder, null, options), TE.flatMap(continueRun(options, recorder))),
      ),
    ),
    printResult(options),
  )
