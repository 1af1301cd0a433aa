/** What `train` and `resume` share: their arguments, the experiment they load, what they print. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { commandText } from '../io/text/command-text.js'
import { resultTable } from '../report/tables/result.js'
import { progress } from '../report/terminal/progress.js'
import { renderMessage } from '../report/text/render-message.js'
import type { Recorder } from '../report/tracking/recorder.js'
import type { RunError } from '../run/error.js'
import type { Result } from '../run/events.js'
import { loadExperiment } from '../run/load/experiment.js'
import type { RunObserver } from '../run/observer.js'
import type { Experiment } from '../run/schedule/experiment.js'
import type { Step } from '../run/schedule/steps.js'
import { beginFromFile } from '../run/standalone/resolve.js'
import type { DataChange } from '../run/storage/settings.js'
import { type ClusterArguments, withCluster, withoutWorker } from './cluster/lead.js'
import type { RecordArguments } from './recorders.js'
import { withResources } from './resources.js'
import { announceStop, type Stopper } from './signals.js'
import { say, screen } from './stderr.js'

export interface OutputArguments extends RecordArguments, ClusterArguments {
  readonly json?: boolean
  readonly mirror?: boolean
}

export interface DataArguments {
  /** The file of a latency table. */
  readonly device?: string
  readonly data?: string
  readonly skipBad?: boolean
}

export interface TrainArguments extends OutputArguments, DataArguments {
  readonly take?: number
  readonly engine?: string
  readonly seed?: number
  readonly out?: string
  readonly from?: string
  readonly resume?: string
  readonly force?: boolean
  readonly profile?: boolean
}

/** The latency table of another device, where one is named. */
export const deviceOf = ({ device }: DataArguments): { readonly device?: string } =>
  device === undefined ? {} : { device }

export const changeOf = ({ data, skipBad }: DataArguments): DataChange => ({
  ...(data !== undefined && { folder: data }),
  ...(skipBad !== undefined && { skipBad }),
})

/** The experiment of a file, which begins with the model that `from` names. */
export const loadFrom = (
  file: string,
  { from }: Partial<TrainArguments>,
): TE.TaskEither<RunError, Experiment> =>
  pipe(loadExperiment(file), TE.flatMap(from === undefined ? TE.right : beginFromFile(from)))

/** An observer that shows a run; `onFolder` gets its folder. */
export const observerOf = (
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

export const resumeCommand = (path: string, ...options: readonly string[]): string =>
  commandText('resume', path, ...options)

/** Prints how to resume a run that an image or a lost worker has stopped. */
export const sayResume = (error: RunError, path: string | null, options: ClusterArguments): void => {
  if (path !== null && error._tag === 'NotAnImage')
    say(`to continue without such images: ${resumeCommand(path, '--skip-bad')}`)
  if (path !== null && error._tag === 'WorkerLost')
    say(`to continue without it: ${resumeCommand(path, ...withoutWorker(error.address, options))}`)
}

/** Opens resources of this machine, or of a cluster that goes on with the run of `folder`. */
export const opener = (options: OutputArguments, folder: string | null): typeof withResources =>
  options.cluster === undefined ? withResources : withCluster(options.cluster, options, folder)

export const printResult =
  ({ json }: OutputArguments) =>
  (result: Result): void =>
    void process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `\n${resultTable(result)}\n`)
