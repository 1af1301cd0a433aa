/** The latency of models, measured side by side. */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Engine, Session } from '../../engine/engine.js'
import type { Graph } from '../../graph/graph.js'
import { elementAt } from '../../io/element.js'
import { sizeOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'
import { lowerForInference } from '../training/train.js'

/** Milliseconds a call: the median of many, and their quartiles. */
export interface Latency {
  readonly batch: number
  readonly median: number
  readonly quartiles: readonly [lower: number, upper: number]
}

interface Ready {
  readonly session: Session<{ readonly infer: Graph }>
  readonly images: Float32Array
}

const warmupCalls = 5
const repeats = 40

const timeCall = ({ session, images }: Ready): number => {
  const began = performance.now()
  session.run('infer', { images })
  return performance.now() - began
}

const quantile = (sorted: readonly number[], share: number): number =>
  elementAt(sorted, Math.min(sorted.length - 1, Math.floor(share * sorted.length)))

const summary = (batch: number, times: readonly number[]): Latency => {
  const sorted = [...times].sort((a, b) => a - b)
  return { batch, median: quantile(sorted, 0.5), quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)] }
}

const prepare =
  (engine: Engine, batch: number) =>
  (model: Model): TE.TaskEither<LearnError, Ready> =>
    pipe(
      engine.open({ infer: lowerForInference(batch)(model) }, model.weights),
      TE.map(session => ({ session, images: new Float32Array(batch * sizeOf(model.net.input)) })),
    )

/**
 * The latency of each model for batches of one size, with its weights as constants, as in a deployed model. Calls alternate
 * between the models after a warm-up, so that a slow moment of the machine affects all alike.
 */
export const latencies =
  (engine: Engine, batch: number) =>
  (models: readonly Model[]): TE.TaskEither<LearnError, readonly Latency[]> =>
    TE.bracket(
      pipe(models, TE.traverseSeqArray(prepare(engine, batch))),
      ready =>
        TE.tryCatch(async () => {
          for (let nth = 0; nth < warmupCalls; nth++) ready.forEach(timeCall)
          const rounds = Array.from({ length: repeats }, () => ready.map(timeCall))
          return ready.map((_, nth) =>
            summary(
              batch,
              rounds.map(round => elementAt(round, nth)),
            ),
          )
        }, engineFailed(engine)),
      ready =>
        TE.fromIO(() => {
          for (const { session } of ready) session.close()
        }),
    )
