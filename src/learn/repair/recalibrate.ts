/** Batch norm measured again, where running statistics are those of another net: one before a cut, or before an average. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Graph } from '../../graph/graph.js'
import { lower } from '../../graph/lower.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { sizeOf } from '../../net/shape.js'
import type { Model, Weights } from '../../net/weights.js'
import { checkBatchNormValues } from '../check-options.js'
import {
  type Calibration,
  calibrationBatches,
  calibrationOf,
  foldBatches,
  withSession,
} from '../criteria/calibration.js'
import type { LearnError } from '../error.js'
import type { TrainOptions } from '../options.js'
import type { Learner } from '../training/learner.js'

const statisticsCall =
  (batch: number, frozen: readonly Path[]) =>
  (net: CheckedNet): E.Either<LearnError, Graph> =>
    pipe(
      checkBatchNormValues(batch)(net),
      E.map(() => lower({ batch, mode: 'training', dropout: false, frozen })(net)),
      E.map(({ statistics }) => ({
        outputs: Object.fromEntries(statistics.map(({ key, seen }) => [key, seen])),
        updates: [],
      })),
    )

/**
 * The model with running statistics that are the means of those of the calibration batches; layers in `frozen` keep theirs.
 *
 * Errors  OneValue where a batch norm has one value per channel; those of `withSession`
 * Law     kernels, scales and shifts stay as they are
 */
export const recalibrate =
  (calibration: Calibration, frozen: readonly Path[] = []) =>
  (model: Model): TE.TaskEither<LearnError, Model> =>
    pipe(
      TE.fromEither(statisticsCall(calibration.batch, frozen)(model)),
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
                    { shape, data: data.map((sum, i) => sum + elementAt(seen[key] ?? [], i) / batches) },
                  ]),
                )
              })
              return { ...model, weights: { ...model.weights, ...means } }
            }),
      ),
    )

/** Images that batch norm is measured on for averaged weights. */
const averageImages = 1000

/**
 * A learner after its training: where its weights are an average, which no step has seen, batch norm is measured again, on
 * augmented images as training normalised them.
 *
 * Law     to measure once more changes nothing
 * Source  Izmailov et al. 2018 (arXiv 1803.05407)
 */
export const recalibrateAverage =
  (
    context: Parameters<typeof calibrationOf>[0],
    { average, freeze }: Pick<TrainOptions, 'average' | 'freeze'>,
  ) =>
  (learner: Learner): TE.TaskEither<LearnError, Learner> =>
    average === null || average.lookahead
      ? TE.right(learner)
      : pipe(
          recalibrate(calibrationOf(context, averageImages, { augment: true }), freeze)(learner.model),
          TE.map(model => ({ ...learner, model })),
        )
