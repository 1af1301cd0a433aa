/** `espalier train` and `espalier resume` */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { engineCommand } from '../engine/mend.js'
import { engineText } from '../report/made.js'
import { outcome } from '../report/outcome.js'
import { progress } from '../report/progress.js'
import type { Stopped } from '../report/prose.js'
import type { RunError } from '../run/error.js'
import type { Result } from '../run/event.js'
import type { Experiment } from '../run/experiment.js'
import { loadExperiment } from '../run/load.js'
import { asBegun, type Begun, begin, begun, changed, type Onlooker, type Opened, resume } from '../run/run.js'
import type { Step } from '../run/schedule.js'
import { type DataSettings, settingsOf } from '../run/settings.js'
import { commandText } from './again.js'
import { end } from './end.js'
import { onGround } from './ground.js'
import { say, screen } from './say.js'
import { announceStop, type Stopper, stopper, tellStop } from './stop.js'

interface Watched {
  readonly json?: boolean
}

interface TrainArguments extends Watched {
  readonly data?: string
  readonly take?: number
  readonly skipBad?: boolean
  readonly engine?: string
  readonly seed: number
  readonly out?: string
  readonly resume?: string
  readonly force?: boolean
}

const onlooker = (schedule: readonly Step[], stop: Stopper): Onlooker => {
  announceStop(stop)
  return { ...progress(screen, schedule), stopping: stop.stopping }
}

const now = (): string => new Date().toISOString().replace(/[:T]/g, '-').slice(0, 19)

const fresh = (
  experiment: Experiment,
  { seed, out, data, take, skipBad, engine }: TrainArguments,
): TE.TaskEither<RunError | Stopped, Result> => {
  const stop = stopper()
  const path = out ?? join('runs', `${experiment.net.name}-${now()}`)
  const from: DataSettings = {
    ...(data !== undefined && { folder: data }),
    ...(take !== undefined && { take }),
    ...(skipBad !== undefined && { skipBad }),
  }
  return pipe(
    onGround(
      experiment,
      seed,
      from,
      engine === undefined ? {} : { name: engine },
      stop,
    )(opened => {
      announce(opened.engine, path)
      const settings = settingsOf(seed, opened.engine, opened.dataset, from)
      return pipe(
        begin(path, settings, opened, onlooker(experiment.schedule, stop))(experiment),
        tellStop(stop, resumeCommand(path)),
      )
    }),
    tellStop(stop, null),
  )
}

const announce = (engine: Opened['engine'], path: string): void => {
  say(`${engineText(engine)}; saving in ${path}`)
  if (engine.name === 'wasm') say(`a faster engine: ${engineCommand()}`)
}

const resumeCommand = (path: string): string => commandText('resume', [path])

/** The run in a folder, with the experiment of a file where one is given. */
const taken = (path: string, file: string | null, force: boolean): TE.TaskEither<RunError, Begun> =>
  file === null
    ? begun(path)
    : pipe(
        TE.Do,
        TE.bind('run', () => begun(path)),
        TE.bind('experiment', () => loadExperiment(file)),
        TE.flatMap(({ run, experiment }) =>
          force ? changed(experiment)(run) : TE.fromEither(asBegun(experiment)(run)),
        ),
      )

const further = (
  path: string,
  file: string | null,
  force: boolean,
): TE.TaskEither<RunError | Stopped, Result> =>
  pipe(
    taken(path, file, force),
    TE.flatMap(run => {
      const stop = stopper()
      const { experiment, settings } = run
      return pipe(
        onGround(
          experiment,
          settings.seed,
          settings.data,
          settings.engine,
          stop,
        )(opened => resume(run, opened, onlooker(experiment.schedule, stop))),
        tellStop(stop, resumeCommand(path)),
      )
    }),
  )

const printed =
  ({ json }: Watched) =>
  (result: Result): void =>
    void process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `\n${outcome(result)}\n`)

/** `named`: the file, where it was named and is not the usual one. */
export const train = (file: string, named: string | null, options: TrainArguments): Promise<void> =>
  end(
    options.resume === undefined
      ? pipe(
          loadExperiment(file),
          TE.flatMap(experiment => fresh(experiment, options)),
        )
      : further(options.resume, named, options.force === true),
    printed(options),
  )

export const resumeRun = (folder: string, options: Watched): Promise<void> =>
  end(further(folder, null, false), printed(options))
