/** Losses as operations. */
import { channelsOf } from '../net/shape.js'
import type { Value } from './graph.js'
import * as op from './operations.js'

/** Moves `share` of each target evenly to all classes. Source  Szegedy et al. 2016 */
export const smooth = (targets: Value, share: number): Value =>
  share === 0 ? targets : op.add(op.mul(targets, 1 - share), share / channelsOf(targets.shape))

/**
 * The mean over the batch of the cross-entropy between softmaxed logits and targets, in nats; each image's times its
 * weight, where there are `weights`.
 *
 * Shapes  weights [batch] → []
 */
export const crossEntropy = (
  logits: Value,
  targets: Value,
  smoothing = 0,
  weights: Value | null = null,
): Value => {
  const each = op.crossEntropy(logits, smooth(targets, smoothing))
  return op.mean(weights === null ? each : op.mul(each, weights))
}

/**
 * Cross-entropy to a teacher's softened predictions, times T² so that its gradient keeps its size.
 *
 * Source  Hinton, Vinyals, Dean 2015
 */
export const distillation = (logits: Value, teacher: Value, temperature: number): Value =>
  op.mul(
    op.mean(
      op.crossEntropy(
        op.mul(logits, 1 / temperature),
        op.softmax(op.mul(op.stopGradient(teacher), 1 / temperature)),
      ),
    ),
    temperature ** 2,
  )
