/** `espalier train` and `espalier resume` */
import { join, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { defaultEngine } from '../engine/choose.js'
import { engineCommand } from '../engine/commands.js'
import { encodeFileName } from '../io/file-name.js'
import { outcome } from '../report/tables/result.js'
import { progress } from '../report/terminal/progress.js'
import { renderMessage, type Stopped } from '../report/text/messages.js'
import { engineText } from '../report/text/provenance.js'
import type { RunError } from '../run/error.js'
import type { Result } from '../run/events.js'
import { loadExperiment } from '../run/load.js'
import { begin, type Resources, type RunObserver, resume } from '../run/run.js'
import type { Experiment } from '../run/schedule/experiment.js'
import type { Step } from '../run/schedule/schedule.js'
import { type DataChange, type DataSettings, settingsOf, withData } from '../run/storage/settings.js'
import { checkSameExperiment, checkSameSettings, openRun, type StoredRun } from '../run/storage/stored-run.js'
import { commandText } from './command-text.js'
import { end } from './exit.js'
import { withResources } from './resources.js'
import { announceStop, type Stopper, stopper, tellStop } from './signals.js'
import { say, screen } from './stderr.js'

interface Watched {
  readonly json?: boolean
}

interface DataArguments {
  readonly data?: string
  readonly skipBad?: boolean
}

interface TrainArguments extends Watched, DataArguments {
  readonly take?: number
  readonly engine?: string
  readonly seed?: number
  readonly out?: string
  readonly resume?: string
  readonly force?: boolean
}

/** Shows a run; `onFolder` is told where it is kept. */
const onlooker = (
  schedule: readonly Step[],
  stop: Stopper,
  onFolder: (path: string) => void = () => undefined,
): RunObserver => {
  announceStop(stop)
  const { onEvent, onStep } = progress(screen, schedule)
  return { onEvent, onStep, stopping: stop.stopping, onFolder, onNote: note => say(renderMessage(note)) }
}

const now = (): string => new Date().toISOString().replace(/[:T]/g, '-').slice(0, 19)

const changeOf = ({ data, skipBad }: DataArguments): DataChange => ({
  ...(data !== undefined && { folder: data }),
  ...(skipBad !== undefined && { skipBad }),
})

const fresh = (
  experiment: Experiment,
  options: TrainArguments,
): TE.TaskEither<RunError | Stopped, Result> => {
  const stop = stopper()
  const { seed = 0, out, take, engine } = options
  const from: DataSettings = { ...changeOf(options), ...(take !== undefined && { take }) }
  const place = out ?? { free: join('runs', `${encodeFileName(experiment.net.name)}-${now()}`) }
  let kept: string | null = null
  return pipe(
    withResources(
      experiment,
      seed,
      from,
      engine === undefined ? {} : { name: engine },
      stop,
    )(opened => {
      const settings = settingsOf(seed, opened.engine, opened.dataset, from)
      const watching = onlooker(experiment.schedule, stop, path => {
        kept = path
        announce(opened.engine, path)
      })
      return begin(place, settings, opened, watching)(experiment)
    }),
    TE.tapError(error => TE.fromIO(() => afterwards(error, kept))),
    tellStop(stop, () => (kept === null ? null : resumeCommand(kept))),
  )
}

const announce = (engine: Resources['engine'], path: string): void => {
  say(`${engineText(engine)}; saving in ${path}`)
  if (defaultEngine() === 'wasm') say(`an engine that is faster with larger nets: ${engineCommand()}`)
}

const resumeCommand = (path: string, ...options: readonly string[]): string =>
  commandText('resume', [path, ...options])

/** How to go on, where there is a run to go on with. */
const afterwards = ({ _tag }: RunError, path: string | null): void => {
  if (path !== null && _tag === 'NotAnImage')
    say(`to go on without such images: ${resumeCommand(path, '--skip-bad')}`)
}

/** Refuses what a run that goes on cannot be told: another seed, engine or folder, other images. */
const agrees =
  ({ seed, take, engine, out }: Partial<TrainArguments>) =>
  (run: StoredRun): E.Either<RunError, StoredRun> => {
    const { settings, folder } = run
    const asked = {
      ...settings,
      seed: seed ?? settings.seed,
      engine: { ...settings.engine, name: engine ?? settings.engine.name },
      data: { ...settings.data, ...(take !== undefined && { take }) },
    }
    return out !== undefined && resolve(out) !== resolve(folder.path)
      ? E.left({ _tag: 'OutDiffers', folder: folder.path, out })
      : checkSameSettings(asked)(run)
  }

/** The experiment of a file: the one a run began with, unless it may be another. */
const experimentIn = (file: string, force: boolean, run: StoredRun): TE.TaskEither<RunError, Experiment> =>
  pipe(
    loadExperiment(file),
    TE.tapEither(experiment => (force ? E.right(run) : checkSameExperiment(experiment)(run))),
  )

const further = (
  path: string,
  file: string | null,
  options: Partial<TrainArguments>,
): TE.TaskEither<RunError | Stopped, Result> => {
  const data = changeOf(options)
  return pipe(
    openRun(path),
    TE.flatMapEither(agrees(options)),
    TE.bindTo('run'),
    TE.bind('experiment', ({ run }) =>
      file === null ? TE.right(run.experiment) : experimentIn(file, options.force === true, run),
    ),
    TE.flatMap(({ run, experiment }) => {
      const { seed, engine } = run.settings
      const stop = stopper()
      return pipe(
        withResources(
          experiment,
          seed,
          withData(run.settings, data).data,
          engine,
          stop,
        )(opened => resume(run, opened, onlooker(experiment.schedule, stop), { experiment, data })),
        TE.tapError(error => TE.fromIO(() => afterwards(error, path))),
        tellStop(stop, () => resumeCommand(path)),
      )
    }),
  )
}

const printed =
  ({ json }: Watched) =>
  (result: Result): void =>
    void process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `\n${outcome(result)}\n`)

/** `withName`: the file, where it was named and is not the usual one. */
export const train = (file: string, named: string | null, options: TrainArguments): Promise<void> =>
  end(
    options.resume === undefined
      ? pipe(
          loadExperiment(file),
          TE.flatMap(experiment => fresh(experiment, options)),
        )
      : further(options.resume, named, options),
    printed(options),
  )

export const resumeRun = (folder: string, options: Watched & DataArguments): Promise<void> =>
  end(further(folder, null, options), printed(options))
