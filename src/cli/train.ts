/** `espalier train` and `espalier resume` */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { usual } from '../engine/choose.js'
import { engineCommand } from '../engine/mend.js'
import { engineText } from '../report/made.js'
import { outcome } from '../report/outcome.js'
import { progress } from '../report/progress.js'
import type { RunError } from '../run/error.js'
import type { Result } from '../run/event.js'
import type { Experiment } from '../run/experiment.js'
import { loadExperiment } from '../run/load.js'
import { asBegun, type Begun, begin, begun, changed, type Onlooker, type Opened, resume } from '../run/run.js'
import { type DataSettings, settingsOf } from '../run/settings.js'
import { end } from './end.js'
import { onGround } from './ground.js'
import { say } from './say.js'
import { stopper } from './stop.js'

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

const onlooker = (): Onlooker => {
  const { onEvent, onStep } = progress(process.stderr)
  return { onEvent, onStep, stopping: stopper() }
}

const now = (): string => new Date().toISOString().replace(/[:T]/g, '-').slice(0, 19)

const fresh = (
  experiment: Experiment,
  { seed, out, data, take, skipBad, engine }: TrainArguments,
): TE.TaskEither<RunError, Result> => {
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
    )(opened => {
      announce(opened.engine, path)
      const settings = settingsOf(seed, opened.engine, opened.dataset, from)
      return begin(path, settings, opened, onlooker())(experiment)
    }),
    TE.tapError(error => TE.fromIO(() => afterwards(error, path))),
  )
}

const announce = (engine: Opened['engine'], path: string): void => {
  say(`${engineText(engine)}; saving in ${path}`)
  if (usual() === 'wasm') say(`an engine that is faster with larger nets: ${engineCommand()}`)
}

const afterwards = (error: RunError, path: string): void => {
  if (error._tag === 'Interrupted') say(`stopped; go on with: espalier resume ${path}`)
}

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

const further = (path: string, file: string | null, force: boolean): TE.TaskEither<RunError, Result> =>
  pipe(
    taken(path, file, force),
    TE.flatMap(run =>
      pipe(
        onGround(
          run.experiment,
          run.settings.seed,
          run.settings.data,
          run.settings.engine,
        )(opened => resume(run, opened, onlooker())),
      ),
    ),
    TE.tapError(error => TE.fromIO(() => afterwards(error, path))),
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
