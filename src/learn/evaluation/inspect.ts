/** How far a push has come, on validation images: how well classes are separated, and by how few features. */

import type { Feed } from '../../data/pipeline/batches.js'
import type { Session } from '../../engine/engine.js'
import { elementAt } from '../../io/element.js'
import { type CheckedNet, outputShape } from '../../net/infer.js'
import { channelsOf } from '../../net/shape.js'
import type { Decision } from '../../surgery/analysis/decision.js'
import { accuracyBy, classVarianceOf, collectFeatures, headOf } from '../criteria/decision-features.js'
import { bestFeatures, featuresHolding, separationPower } from '../criteria/discriminants.js'
import type { Alignment } from './alignment.js'
import { correlationsWithin, meanSquared } from './features.js'

/** 1, 2, 4, … */
const counts = (size: number): readonly number[] =>
  Array.from({ length: Math.ceil(Math.log2(Math.max(1, size))) }, (_, power) => 2 ** power)

/** The figures of a session whose `infer` gives `features`. */
export const inspectAlignment =
  (net: CheckedNet, decision: Decision) =>
  async (session: Session, feed: Feed): Promise<Alignment> => {
    const { size } = decision
    const classes = channelsOf(outputShape(net))
    const table = await collectFeatures(session, feed, size)
    const spread = classVarianceOf(table, classes, size)
    const power = separationPower(spread)
    const order = bestFeatures(size, power)
    const top = order.slice(0, classes - 1)
    const head = headOf(net, decision, session.read())
    return {
      separation: top.reduce((sum, j) => sum + Math.log1p(elementAt(power, j)), 0) / Math.max(1, top.length),
      correlation: meanSquared(correlationsWithin(table, spread), size),
      holding95: featuresHolding(0.95, spread.between),
      holding99: featuresHolding(0.99, spread.between),
      features: size,
      byFeatures: Object.fromEntries(
        counts(size).map(count => [`${count}`, accuracyBy(table, head, order.slice(0, count))]),
      ),
    }
  }
