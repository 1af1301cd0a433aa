/** `espalier train` and `espalier resume` */
import { join, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { engineCommand } from '../engine/commands.js'
import { defaultEngine } from '../engine/open.js'
import { encodeFileName } from '../io/file-name.js'
import { resultTable } from '../report/tables/result.js'
import { progress } from '../report/terminal/progress.js'
import { renderMessage, type Stopped } from '../report/text/messages.js'
import { engineText } from '../report/text/provenance.js'
import type { Recorder } from '../report/tracking/recorder.js'
import type { Resources } from '../run/context.js'
import type { RunError } from '../run/error.js'
import type { Result } from '../run/events.js'
import { beginFromFile } from '../run/given/resolve.js'
import { loadExperiment } from '../run/load/experiment.js'
import { restoreFunctions } from '../run/load/restore.js'
import type { RunObserver } from '../run/observer.js'
import { begin, resume } from '../run/run.js'
import type { Experiment } from '../run/schedule/experiment.js'
import type { Step } from '../run/schedule/steps.js'
import { type DataChange, type DataSettings, settingsOf, withData } from '../run/storage/settings.js'
import { checkSameExperiment, checkSameSettings, openRun, type StoredRun } from '../run/storage/stored-run.js'
import { commandText } from './command-text.js'
import { end } from './exit.js'
import { nameOfNet, type RecordArguments, recorded, recorderFor } from './recorders.js'
import { withResources } from './resources.js'
import { reportRun } from './review/report.js'
import { announceStop, type Stopper, stopper, withStopped } from './signals.js'
import { say, screen } from './stderr.js'

interface OutputArguments extends RecordArguments {
  readonly json?: boolean
  readonly mirror?: boolean
}

interface DataArguments {
  /** The file of a latency table. */
  readonly device?: string
  readonly data?: string
  readonly skipBad?: boolean
}

interface TrainArguments extends OutputArguments, DataArguments {
  readonly take?: number
  readonly engine?: string
  readonly seed?: number
  readonly out?: string
  readonly from?: string
  readonly resume?: string
  readonly force?: boolean
}

/** An observer that shows a run; `onFolder` gets its folder. */
const observerOf = (
  schedule: readonly Step[],
  stop: Stopper,
  { mirror = false }: OutputArguments,
  recorder: Recorder,
  onFolder: (path: string) => void = () => undefined,
): RunObserver => {
  announceStop(stop)
  const { onEvent, onStep } = progress(screen, schedule)
  return {
    onEvent: event => {
      onEvent(event)
      recorder.event(event)
    },
    onBegin: recorder.begin,
    onStep,
    stopping: stop.stopping,
    onFolder,
    onNote: note => say(renderMessage(note)),
    mirror,
  }
}

const now = (): string => new Date().toISOString().replace(/[:T]/g, '-').slice(0, 19)

const changeOf = ({ data, skipBad }: DataArguments): DataChange => ({
  ...(data !== undefined && { folder: data }),
  ...(skipBad !== undefined && { skipBad }),
})

const deviceOf = ({ device }: DataArguments) => (device === undefined ? {} : { device })

const trainAnew = (
  file: string,
  experiment: Experiment,
  options: TrainArguments,
  recorder: Recorder,
): TE.TaskEither<RunError | Stopped, Result> => {
  const stop = stopper()
  const { seed = 0, out, take, engine } = options
  const data: DataSettings = { ...changeOf(options), ...(take !== undefined && { take }) }
  const place = out ?? { free: join('runs', `${encodeFileName(experiment.net.name)}-${now()}`) }
  let folder: string | null = null
  return pipe(
    withResources(
      experiment,
      seed,
      data,
      { ...deviceOf(options), ...(engine !== undefined && { name: engine }) },
      stop,
    )(opened => {
      const settings = settingsOf(seed, opened.engine, opened.dataset, data, file)
      const observer = observerOf(experiment.schedule, stop, options, recorder, path => {
        folder = path
        announce(opened.engine, path)
      })
      return pipe(
        begin(place, settings, opened, observer)(experiment),
        TE.tap(({ out: folder }) => reportRun(folder, opened)),
        recorded(recorder),
      )
    }),
    TE.tapError(error => TE.fromIO(() => sayResume(error, folder))),
    withStopped(stop, () => (folder === null ? null : resumeCommand(folder))),
  )
}

const announce = (engine: Resources['engine'], path: string): void => {
  say(`${engineText(engine)}; saving in ${path}`)
  if (defaultEngine() === 'wasm') say(`for an engine that is faster with larger nets: ${engineCommand()}`)
}

const resumeCommand = (path: string, ...options: readonly string[]): string =>
  commandText('resume', [path, ...options])

/** Prints how to resume a run that an image has stopped. */
const sayResume = ({ _tag }: RunError, path: string | null): void => {
  if (path !== null && _tag === 'NotAnImage')
    say(`to continue without such images: ${resumeCommand(path, '--skip-bad')}`)
}

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

/** The experiment of a file, which begins with the model that `from` names. */
const loadFrom = (file: string, { from }: Partial<TrainArguments>): TE.TaskEither<RunError, Experiment> =>
  pipe(loadExperiment(file), TE.flatMap(from === undefined ? TE.right : beginFromFile(from)))

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

const resumeWith = (
  path: string,
  file: string | null,
  options: Partial<TrainArguments>,
  recorder: Recorder,
): TE.TaskEither<RunError | Stopped, Result> => {
  const data = changeOf(options)
  return pipe(
    openRun(path),
    TE.flatMapEither(checkArguments(options)),
    TE.bindTo('run'),
    TE.bind('experiment', ({ run }) =>
      file === null ? restoreFunctions(run) : loadSameExperiment(file, options, run),
    ),
    TE.flatMap(({ run, experiment }) => {
      const { seed, engine } = run.settings
      const stop = stopper()
      return pipe(
        withResources(
          experiment,
          seed,
          withData(run.settings, data).data,
          { ...engine, ...deviceOf(options) },
          stop,
        )(opened =>
          pipe(
            resume(run, opened, observerOf(experiment.schedule, stop, options, recorder), {
              experiment,
              data,
              ...(file !== null && { module: file }),
            }),
            TE.tap(() => reportRun(path, opened)),
            recorded(recorder),
          ),
        ),
        TE.tapError(error => TE.fromIO(() => sayResume(error, path))),
        withStopped(stop, () => resumeCommand(path)),
      )
    }),
  )
}

const printResult =
  ({ json }: OutputArguments) =>
  (result: Result): void =>
    void process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `\n${resultTable(result)}\n`)

/** `named`: the file, where an argument names it; else `null`, and `file` is the default. */
export const train = (file: string, named: string | null, options: TrainArguments): Promise<void> =>
  end(
    pipe(
      recorderFor(options, nameOfNet),
      TE.fromEither,
      TE.flatMap(recorder =>
        options.resume === undefined
          ? pipe(
              loadFrom(file, options),
              TE.flatMap(experiment => trainAnew(file, experiment, options, recorder)),
            )
          : resumeWith(options.resume, named, options, recorder),
      ),
    ),
    printResult(options),
  )

export const resumeRun = (folder: string, options: OutputArguments & DataArguments): Promise<void> =>
  end(
    pipe(
      recorderFor(options, nameOfNet),
      TE.fromEither,
      TE.flatMap(recorder => resumeWith(folder, null, options, recorder)),
    ),
    printResult(options),
  )
