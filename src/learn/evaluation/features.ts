/** The features a net decides on: how they correlate, and how well each separates the classes. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feed } from '../../data/pipeline/batches.js'
import type { Engine } from '../../engine/engine.js'
import { outputShape } from '../../net/infer.js'
import { channelsOf } from '../../net/shape.js'
import type { Model } from '../../net/weights.js'
import { type Decision, decisionOf } from '../../surgery/analysis/decision.js'
import { classVarianceOf, collectFeatures, type FeatureTable } from '../criteria/decision-features.js'
import { type ClassVariance, separationPower } from '../criteria/discriminants.js'
import { engineFailed, type LearnError } from '../error.js'
import { lowerForFeatures } from '../training/train.js'

/** Figures of the features, the one that separates best first. */
export interface FeatureStatistics {
  readonly size: number
  /** By feature: the variance between classes over that within, sb/sw. */
  readonly separation: Float64Array
  /** The correlations within classes, [size, size]. */
  readonly correlation: Float64Array
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
    const label = labels[i] ?? 0
    for (let j = 0; j < size; j++)
      scaled[j] = ((row[j] ?? 0) - (means[label * size + j] ?? 0)) / Math.sqrt((within[j] ?? 0) + 1e-12)
    for (let j = 0; j < size; j++)
      for (let k = 0; k < j; k++)
        sums[j * size + k] = (sums[j * size + k] ?? 0) + (scaled[j] ?? 0) * (scaled[k] ?? 0)
  })
  return sums.map(sum => sum / rows.length)
}

/** The matrix in another order of its features, whole, with 1 on its diagonal. */
const inOrder = (lower: Float64Array, order: readonly number[]): Float64Array => {
  const size = order.length
  const at = (j: number, k: number): number => lower[Math.max(j, k) * size + Math.min(j, k)] ?? 0
  return Float64Array.from({ length: size * size }, (_, place) => {
    const [j = 0, k = 0] = [order[Math.floor(place / size)], order[place % size]]
    return j === k ? 1 : at(j, k)
  })
}

const statisticsOf = (table: FeatureTable, classes: number, size: number): FeatureStatistics => {
  const variance = classVarianceOf(table, classes, size)
  const power = separationPower(variance)
  const order = [...power.keys()].sort((a, b) => (power[b] ?? 0) - (power[a] ?? 0) || a - b)
  return {
    size,
    separation: Float64Array.from(order, feature => power[feature] ?? 0),
    correlation: inOrder(correlationsWithin(table, variance), order),
  }
}

const measure =
  (engine: Engine, feed: Feed, model: Model) =>
  (decision: Decision): TE.TaskEither<LearnError, FeatureStatistics> =>
    TE.bracket(
      engine.open({ infer: lowerForFeatures(feed.batchSize, decision)(model) }, model.weights),
      session =>
        TE.tryCatch(async () => {
          const table = await collectFeatures(session, feed, decision.size)
          return statisticsOf(table, channelsOf(outputShape(model)), decision.size)
        }, engineFailed(engine)),
      session => TE.fromIO(() => session.close()),
    )

/** Errors  NoDecision where the net does not end in a layer that decides on a vector */
export const featureStatistics =
  (engine: Engine) =>
  (feed: Feed) =>
  (model: Model): TE.TaskEither<LearnError, FeatureStatistics> =>
    pipe(TE.fromEither(decisionOf(model)), TE.flatMap(measure(engine, feed, model)))
