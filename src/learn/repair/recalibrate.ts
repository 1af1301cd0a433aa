/** Batch norm after a prune: running statistics are measured again, since those of the wider net are no longer true. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import type { CheckedNet } from '../../net/infer.js'
import { sizeOf } from '../../net/shape.js'
import type { Model, Weights } from '../../net/weights.js'
import { type Calibration, calibrationBatches, foldBatches, withSession } from '../criteria/calibration.js'
import type { LearnError } from '../error.js'
import { checkBatchNormValues } from '../training/batch-norm-values.js'

const statisticsCall =
  (batch: number) =>
  (net: CheckedNet): E.Either<LearnError, Graph> =>
    pipe(
      checkBatchNormValues(batch)(net),
      E.map(() => lower({ batch, mode: 'training', dropout: false })(net)),
      E.map(({ statistics }) => ({
        outputs: Object.fromEntries(statistics.map(({ key, seen }) => [key, seen])),
        updates: [],
      })),
    )

/**
 * The model with running statistics that are the means of those of the calibration batches.
 *
 * Errors  OneValue where a batch norm has one value per channel; those of `withSession`
 * Law     kernels, scales and shifts stay as they are
 */
export const recalibrate =
  (calibration: Calibration) =>
  (model: Model): TE.TaskEither<LearnError, Model> =>
    pipe(
      TE.fromEither(statisticsCall(calibration.batch)(model)),
      TE.flatMap(graph =>
        Object.keys(graph.outputs).length === 0
          ? TE.right(model)
          : withSession(calibration, { forward: graph }, model, async session => {
              const batches = calibrationBatches(calibration)
              const start: Weights = Object.fromEntries(
                Object.entries(graph.outputs).map(([key, { shape }]) => [
                  key,
                  { shape, data: new Float32Array(sizeOf(shape)) },
                ]),
              )
              const means = await foldBatches(calibration, start, batch => before => {
                const seen = session.run('forward', { images: batch.images })
                return Object.fromEntries(
                  Object.entries(before).map(([key, { shape, data }]) => [
                    key,
                    { shape, data: data.map((sum, i) => sum + (seen[key]?.[i] ?? 0) / batches) },
                  ]),
                )
              })
              return { ...model, weights: { ...model.weights, ...means } }
            }),
      ),
    )
