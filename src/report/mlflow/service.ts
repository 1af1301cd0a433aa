/** What is asked of an MLflow server: its experiments, its runs, their parameters, metrics, artifacts and status. */
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import type { Address } from './address.js'
import { get, post, put } from './client.js'
import type { ServerFault } from './error.js'
import type { Parameter } from './parameters.js'

/** A run as the server knows it. */
export interface RemoteRun {
  readonly experiment: string
  readonly run: string
  /** The address of its artifacts. */
  readonly artifacts: string
}

export type Status = 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED'

/** A measure with the moment at which it was taken, in milliseconds since 1970. */
export interface Metric {
  readonly key: string
  readonly step: number
  readonly value: number
  readonly timestamp: number
}

type Asked<A> = TE.TaskEither<ServerFault, A>

const anything = t.UnknownRecord

/** The most metrics, and the most parameters, of one request. */
const [mostMetrics, mostParameters] = [1000, 100]

const isRefusal =
  (code: string) =>
  (fault: ServerFault): boolean =>
    fault._tag === 'ServerRefused' && fault.code === code

/** Whether a server says that what was asked for is not there. */
export const isMissing = isRefusal('RESOURCE_DOES_NOT_EXIST')

const isThere = isRefusal('RESOURCE_ALREADY_EXISTS')

const findExperiment = (address: Address, name: string): Asked<string> =>
  pipe(
    get(t.type({ experiment: t.type({ experiment_id: t.string }) }))(
      address,
      'mlflow/experiments/get-by-name',
      { experiment_name: name },
    ),
    TE.map(({ experiment }) => experiment.experiment_id),
  )

const createExperiment = (address: Address, name: string): Asked<string> =>
  pipe(
    post(t.type({ experiment_id: t.string }))(address, 'mlflow/experiments/create', { name }),
    TE.map(({ experiment_id }) => experiment_id),
    TE.orElse(fault => (isThere(fault) ? findExperiment(address, name) : TE.left(fault))), // made since it was looked for
  )

/** The experiment of a name, made where there is none. */
const experimentOf = (address: Address, name: string): Asked<string> =>
  pipe(
    findExperiment(address, name),
    TE.orElse(fault => (isMissing(fault) ? createExperiment(address, name) : TE.left(fault))),
  )

const runCodec = t.type({
  run: t.type({ info: t.type({ run_id: t.string, artifact_uri: t.string }) }),
})

/** Makes a run, and the experiment that it is of where there is none. */
export const createRun = (
  address: Address,
  experiment: string,
  name: string,
  tags: Readonly<Record<string, string>>,
): Asked<RemoteRun> =>
  pipe(
    experimentOf(address, experiment),
    TE.bindTo('id'),
    TE.bind('made', ({ id }) =>
      post(runCodec)(address, 'mlflow/runs/create', {
        experiment_id: id,
        run_name: name,
        start_time: Date.now(),
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      }),
    ),
    TE.map(({ id, made: { run } }) => ({
      experiment: id,
      run: run.info.run_id,
      artifacts: run.info.artifact_uri,
    })),
  )

/** A run that has ended has a moment at which it did. */
export const setStatus = (address: Address, { run }: RemoteRun, status: Status): Asked<void> =>
  pipe(
    post(anything)(address, 'mlflow/runs/update', {
      run_id: run,
      status,
      ...(status !== 'RUNNING' && { end_time: Date.now() }),
    }),
    TE.map(() => undefined),
  )

const logBatch = (address: Address, { run }: RemoteRun, batch: object): Asked<void> =>
  pipe(
    post(anything)(address, 'mlflow/runs/log-batch', { run_id: run, ...batch }),
    TE.map(() => undefined),
  )

export const logParameters = (
  address: Address,
  run: RemoteRun,
  parameters: readonly Parameter[],
): Asked<void> =>
  pipe(
    parameters,
    RA.chunksOf(mostParameters),
    TE.traverseSeqArray(params => logBatch(address, run, { params })),
    TE.map(() => undefined),
  )

export const logMetrics = (address: Address, run: RemoteRun, all: readonly Metric[]): Asked<void> =>
  pipe(
    all,
    RA.chunksOf(mostMetrics),
    TE.traverseSeqArray(metrics => logBatch(address, run, { metrics })),
    TE.map(() => undefined),
  )

const historyCodec = t.partial({
  metrics: t.array(t.intersection([t.UnknownRecord, t.partial({ step: t.unknown })])),
})

/** The steps of a metric that a run has; the server leaves out a step of 0. */
export const stepsOf = (address: Address, { run }: RemoteRun, key: string): Asked<ReadonlySet<number>> =>
  pipe(
    get(historyCodec)(address, 'mlflow/metrics/get-history', { run_id: run, metric_key: key }),
    TE.map(({ metrics = [] }) => new Set(metrics.map(({ step = 0 }) => Number(step)))),
  )

/** The path of artifacts behind the server's proxy; `null` where they lie elsewhere. */
export const proxyPath = ({ artifacts }: RemoteRun): string | null =>
  /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.+)$/.exec(artifacts)?.[1] ?? null

/** Stores a file under a name; `path`: of `proxyPath`. */
export const upload = (
  address: Address,
  path: string,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Asked<void> => put(address, `mlflow-artifacts/artifacts/${path}/${encodeURIComponent(name)}`, bytes)

/** The page of a run in the server's own pages. */
export const pageOf = ({ server }: Address, { experiment, run }: RemoteRun): string =>
  `${server}/#/experiments/${experiment}/runs/${run}`
