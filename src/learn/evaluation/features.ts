/** The features a net decides on: how they correlate, and how well each separates the classes. */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feed } from '../../data/pipeline/batches.js'
import { closeSession, type Engine } from '../../engine/engine.js'
import { elementAt } from '../../io/element.js'
import { outputShape } from '../../net/infer.js'
import { channelsOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import { type Decision, decisionOf } from '../../surgery/analysis/decision.js'
import { classVarianceOf, collectFeatures, type FeatureTable } from '../criteria/decision-features.js'
import { bestFeatures, type ClassVariance, separationPower } from '../criteria/discriminants.js'
import { engineFailed, type LearnError } from '../error.js'
import { lowerForFeatures } from '../training/train.js'

/** Figures of the features, the one that separates best first. */
export interface FeatureStatistics {
  readonly size: number
  /** By feature: the variance between classes over that within, sb/sw. */
  readonly separation: Float64Array
  /** Features whose correlations are measured: the best. */
  readonly compared: number
  /** The correlations within classes, [compared, compared]. */
  readonly correlation: Float64Array
  /** The mean squared correlation of two different features of those compared. */
  readonly redundancy: number
}

/** R, the correlations of features within classes. Shapes  [size, size], below the diagonal; 0 elsewhere */
export const correlationsWithin = (
  { rows, labels }: FeatureTable,
  { means, within }: ClassVariance,
): Float64Array => {
  const size = within.length
  const sums = new Float64Array(size * size)
  const scaled = new Float64Array(size)
  rows.forEach((row, i) => {
    const label = elementAt(labels, i)
    for (let j = 0; j < size; j++)
      scaled[j] = ((row[j] ?? 0) - (means[label * size + j] ?? 0)) / Math.sqrt((within[j] ?? 0) + 1e-12)
    for (let j = 0; j < size; j++)
      for (let k = 0; k < j; k++)
        sums[j * size + k] = (sums[j * size + k] ?? 0) + (scaled[j] ?? 0) * (scaled[k] ?? 0)
  })
  return sums.map(sum => sum / rows.length)
}

/** Σ_{i≠j} R²/(d(d−1)). Shapes  lower [size, size], R below its diagonal, 0 elsewhere */
export const meanSquared = (lower: Float64Array, size: number): number =>
  (2 * lower.reduce((sum, value) => sum + value ** 2, 0)) / Math.max(1, size * (size - 1))

/** The whole matrix, with 1 on its diagonal. */
const mirrored = (lower: Float64Array, size: number): Float64Array =>
  Float64Array.from({ length: size * size }, (_, place) => {
    const [j, k] = [Math.floor(place / size), place % size]
    return j === k ? 1 : elementAt(lower, Math.max(j, k) * size + Math.min(j, k))
  })

/** The table with these features alone, in this order. */
const pickFeatures = ({ rows, labels }: FeatureTable, order: readonly number[]): FeatureTable => ({
  rows: rows.map(row => Float32Array.from(order, feature => elementAt(row, feature))),
  labels,
})

const statisticsOf =
  (classes: number, size: number, most: number) =>
  (table: FeatureTable): FeatureStatistics => {
    const power = separationPower(classVarianceOf(table, classes, size))
    const order = bestFeatures(size, power)
    const compared = Math.min(size, most)
    const best = pickFeatures(table, order.slice(0, compared))
    const lower = correlationsWithin(best, classVarianceOf(best, classes, compared))
    return {
      size,
      separation: Float64Array.from(order, feature => elementAt(power, feature)),
      compared,
      correlation: mirrored(lower, compared),
      redundancy: meanSquared(lower, compared),
    }
  }

const measure =
  (engine: Engine, feed: Feed, most: number, model: Model) =>
  (decision: Decision): TE.TaskEither<LearnError, FeatureStatistics> =>
    TE.bracket(
      engine.open({ infer: lowerForFeatures(feed.batchSize, decision)(model) }, model.weights),
      session =>
        TE.tryCatch(async () => {
          const table = await collectFeatures(session, feed, decision.size)
          return statisticsOf(channelsOf(outputShape(model)), decision.size, most)(table)
        }, engineFailed(engine)),
      closeSession,
    )

/**
 * `most`: features whose correlations are measured.
 *
 * Errors  NoDecision where the net does not end in a layer that decides on a vector
 */
export const featureStatistics =
  (engine: Engine, feed: Feed, most: number) =>
  (model: Model): TE.TaskEither<LearnError, FeatureStatistics> =>
    pipe(TE.fromEither(decisionOf(model)), TE.flatMap(measure(engine, feed, most, model)))
