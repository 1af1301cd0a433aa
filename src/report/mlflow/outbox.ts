/** Metrics on their way to a run of a server: each stays until the server has it, and none gets there twice. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Measure } from '../tracking/measures.js'
import type { Address } from './address.js'
import type { ServerFault } from './error.js'
import type { OpenedRun } from './remote-run.js'
import { logMetrics, type Metric, stepsOf } from './service.js'

export interface Outbox {
  readonly add: (measures: readonly Measure[]) => void
  readonly isEmpty: () => boolean
  /** Sends what there is; what fails stays. */
  readonly send: (opened: OpenedRun) => TE.TaskEither<ServerFault, void>
}

type Known = ReadonlyMap<string, ReadonlySet<number>>

/** The steps that a run has of these metrics. */
const askKnown =
  (address: Address, { remote }: OpenedRun) =>
  (keys: readonly string[]): TE.TaskEither<ServerFault, Known> =>
    pipe(
      keys,
      TE.traverseSeqArray(key =>
        pipe(
          stepsOf(address, remote, key),
          TE.map(steps => [key, steps] as const),
        ),
      ),
      TE.map(entries => new Map(entries)),
    )

const keysOf = (metrics: readonly Metric[]): readonly string[] => [...new Set(metrics.map(({ key }) => key))]

const withoutKnown = (metrics: readonly Metric[], known: Known): readonly Metric[] =>
  metrics.filter(({ key, step }) => known.get(key)?.has(step) !== true)

/**
 * Of a run that was there before, and after a request whose answer did not come, the server is asked which steps it has.
 *
 * Law  a metric is sent once for each step, also where the log was cut back and its events come again
 */
export const outboxTo = (address: Address): Outbox => {
  let waiting: readonly Metric[] = []
  let known: Known = new Map()
  let isSure = true
  const learn = (opened: OpenedRun, batch: readonly Metric[]): TE.TaskEither<ServerFault, void> =>
    isSure && opened.isNew
      ? TE.right(undefined)
      : pipe(
          keysOf(batch).filter(key => !known.has(key)),
          askKnown(address, opened),
          TE.tapIO(more => () => {
            known = new Map([...known, ...more])
          }),
          TE.asUnit,
        )
  const forget = (): void => {
    isSure = false
    known = new Map()
  }
  return {
    add: measures => {
      const timestamp = Date.now()
      waiting = [...waiting, ...measures.map(({ tag, ...at }) => ({ key: tag, ...at, timestamp }))]
    },
    isEmpty: () => waiting.length === 0,
    send: opened => {
      const batch = waiting
      return pipe(
        learn(opened, batch),
        TE.flatMap(() => logMetrics(address, opened.remote, withoutKnown(batch, known))),
        TE.tapError(() => TE.fromIO(forget)),
        TE.tapIO(() => () => {
          waiting = waiting.slice(batch.length)
        }),
      )
    },
  }
}
