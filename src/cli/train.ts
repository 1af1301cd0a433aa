/** `espalier train` */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { defaultEngine } from '../engine/open.js'
import { commandText } from '../io/text/command-text.js'
import { encodeFileName } from '../io/text/file-name.js'
import { engineText } from '../report/text/provenance.js'
import type { Stopped } from '../report/text/render-message.js'
import type { Recorder } from '../report/tracking/recorder.js'
import type { Resources } from '../run/context.js'
import type { RunError } from '../run/error.js'
import type { Result } from '../run/events.js'
import { begin } from '../run/run.js'
import type { Experiment } from '../run/schedule/experiment.js'
import { type DataSettings, settingsOf } from '../run/storage/settings.js'
import { announceProfile } from './announce-profile.js'
import { clusterOptions } from './cluster/lead.js'
import { localOf, observerIn, stopperOf } from './cluster/opened.js'
import { end } from './exit.js'
import { nameOfNet, recorded, recorderFor } from './recorders.js'
import { continueRun, openResumable } from './resume.js'
import { reportRun } from './review/report.js'
import {
  changeOf,
  deviceOf,
  loadFrom,
  observerOf,
  opener,
  printResult,
  resumeCommand,
  sayResume,
  type TrainArguments,
} from './run-command.js'
import { stopper, withStopped } from './signals.js'
import { say } from './stderr.js'

const now = (): string => new Date().toISOString().replace(/[:T]/g, '-').slice(0, 19)

const trainAnew = (
  file: string,
  experiment: Experiment,
  options: TrainArguments,
  recorder: Recorder,
): TE.TaskEither<RunError | Stopped, Result> => {
  const stop = stopper()
  const { seed = 0, out, take, engine } = options
  const data: DataSettings = { ...changeOf(options), ...(take !== undefined && { take }) }
  const destination = out ?? { free: join('runs', `${encodeFileName(experiment.net.name)}-${now()}`) }
  let folder: string | null = null
  return pipe(
    opener(options, null)(
      experiment,
      seed,
      data,
      { ...deviceOf(options), ...(engine !== undefined && { name: engine }) },
      stop,
    )(opened => {
      const settings = settingsOf(seed, opened.engine, opened.dataset, data, file)
      const observer = observerOf(experiment.schedule, stopperOf(stop, opened), options, recorder, path => {
        folder = path
        announce(opened.engine, path)
      })
      return pipe(
        options.profile === true ? announceProfile(experiment, localOf(opened), seed) : TE.right(undefined),
        TE.flatMap(() => begin(destination, settings, opened, observerIn(opened, observer))(experiment)),
        TE.tap(({ out: folder }) => reportRun(folder, localOf(opened))),
        recorded(recorder),
      )
    }),
    TE.tapError(error => TE.fromIO(() => sayResume(error, folder, options))),
    withStopped(stop, () => (folder === null ? null : resumeCommand(folder, ...clusterOptions(options)))),
  )
}

const announce = (engine: Resources['engine'], path: string): void => {
  say(`${engineText(engine)}; saving in ${path}`)
  if (defaultEngine() === 'wasm')
    say(`for an engine that is faster with larger nets: ${commandText('engine')}`)
}

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
          : pipe(openResumable(options.resume, named, options), TE.flatMap(continueRun(options, recorder))),
      ),
    ),
    printResult(options),
  )
