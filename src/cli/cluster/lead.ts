/** `train --cluster` and `resume --cluster`: this process is the first worker, and keeps the run. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../data/dataset.js'
import { type Address, addressText } from '../../engine/cluster/address.js'
import { type Led, leadCluster } from '../../engine/cluster/lead.js'
import { loadEngine, threadsOf } from '../../engine/tensorflow/load.js'
import { readBytes } from '../../io/files.js'
import type { RunError } from '../../run/error.js'
import type { Experiment } from '../../run/schedule/experiment.js'
import { trainingsIn } from '../../run/steps/machine.js'
import { type Folder, folderAt } from '../../run/storage/folder.js'
import type { DataSettings } from '../../run/storage/settings.js'
import { type OpenResources, openDataset, type withResources } from '../resources.js'
import type { Stopper } from '../signals.js'
import { say } from '../stderr.js'
import { identityOf, type Task } from './identity.js'

export interface ClusterArguments {
  readonly cluster?: readonly Address[]
  readonly syncBatchNorm?: boolean
  readonly wait?: number
  readonly mirror?: boolean
}

const namesLatency = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(
    ([key, inner]) => (key === 'latency' && typeof inner === 'number') || namesLatency(inner),
  )
}

/** Errors  BatchNotShared; NotInCluster of a target in milliseconds */
const checkSchedule = (workers: number, { schedule }: Experiment): E.Either<RunError, void> => {
  const uneven = trainingsIn(schedule).find(({ batchSize }) => batchSize % workers !== 0)
  if (uneven !== undefined) return E.left({ _tag: 'BatchNotShared', batch: uneven.batchSize, workers })
  return namesLatency(schedule) ? E.left({ _tag: 'NotInCluster', what: 'latency' }) : E.right(undefined)
}

/** What a run is resumed from. */
const partsOf = ({ experiment, settings, events, checkpoint }: Folder): readonly string[] => [
  ...[experiment, settings, events, checkpoint],
]

type Files = Readonly<Record<string, Uint8Array>>

const filesOf = (folder: string | null): TE.TaskEither<RunError, Files> =>
  folder === null
    ? TE.right({})
    : pipe(
        partsOf(folderAt(folder)),
        TE.traverseSeqArray(file =>
          pipe(
            readBytes(file),
            TE.map(bytes => [file.slice(join(folder, '/').length), bytes] as const),
          ),
        ),
        TE.map(Object.fromEntries<Uint8Array>),
        TE.mapLeft((error): RunError => error),
      )

/** Milliseconds after which a run that has failed is not waited for: another call of it may wait for a worker for ever. */
const mostWaiting = 10_000

/** Ends the process then, if it has not ended by itself, with the exit code that it has. */
const endSoon = (): void => void setTimeout(() => process.exit(), mostWaiting).unref()

/** Uses the engine of a cluster: where a call fails, the worker that is lost is named. */
const usingLed =
  <A>(led: Led, use: TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> =>
  async () => {
    const outcome = await use()
    if (E.isLeft(outcome) && outcome.left._tag === 'EngineFailed') {
      const error = await led.explain(outcome.left)
      endSoon()
      return E.left(error)
    }
    await led.end()
    return outcome
  }

/** Uses a cluster beside an engine of this machine alone. */
const useCluster =
  <A>(dataset: Dataset, threads: number, stopping: () => boolean, use: Use<A>) =>
  (led: Led): TE.TaskEither<RunError, A> =>
    pipe(
      loadEngine({ threads, runtime: 'addon' }),
      TE.mapLeft((error): RunError => error),
      TE.flatMap(local => usingLed(led, use({ engine: led.engine, dataset, local, stopping }))),
    )

type Use<A> = (opened: OpenResources) => TE.TaskEither<RunError, A>

const taskOf = (
  seed: number,
  { take, skipBad }: DataSettings,
  { mirror = false }: ClusterArguments,
  folder: string | null,
): Task => ({
  seed,
  data: { ...(take !== undefined && { take }), ...(skipBad !== undefined && { skipBad }) },
  mirror,
  resumes: folder !== null,
})

/** Whether all stop, as one or another asks. */
const agreement = (stop: Stopper) => {
  let stops = false
  const onStop = () => {
    stops = true
  }
  return { stopping: () => stops, voting: { asksToStop: stop.stopping, onStop } }
}

/** As `withResources`, with an engine that shares each batch with the workers of other addresses. */
export const withCluster =
  (addresses: readonly Address[], cluster: ClusterArguments, folder: string | null): typeof withResources =>
  (experiment, seed, settings, { threads = threadsOf() }, stop) =>
  use => {
    const { syncBatchNorm = false, wait = 30 } = cluster
    const task = taskOf(seed, settings, cluster, folder)
    const { stopping, voting } = agreement(stop)
    const lead = (dataset: Dataset, files: Files) =>
      leadCluster({
        ...{ addresses, threads, syncBatchNorm, wait, files, ...voting },
        identity: identityOf(experiment, dataset, task),
        task: JSON.stringify(task),
      })
    const useWith = (files: Files) => (dataset: Dataset) =>
      pipe(
        lead(dataset, files),
        TE.mapLeft((error): RunError => error),
        TE.flatMap(useCluster(dataset, threads, stopping, use)),
      )
    say(`waiting for ${addresses.slice(1).map(addressText).join(', ')}`)
    return pipe(
      TE.fromEither(checkSchedule(addresses.length, experiment)),
      TE.flatMap(() => filesOf(folder)),
      TE.flatMap(files =>
        TE.bracket(openDataset(stop, seed, settings)(experiment.data), useWith(files), dataset =>
          TE.fromTask(dataset.close),
        ),
      ),
    )
  }

/** The same options as text. */
export const clusterOptions = ({ cluster, syncBatchNorm }: ClusterArguments): readonly string[] =>
  cluster === undefined || cluster.length < 2
    ? []
    : ['--cluster', cluster.map(addressText).join(), ...(syncBatchNorm === true ? ['--sync-batch-norm'] : [])]

/** The same without a worker. */
export const withoutWorker = (lost: string, options: ClusterArguments): readonly string[] =>
  clusterOptions({
    ...options,
    cluster: options.cluster?.filter(address => addressText(address) !== lost) ?? [],
  })
