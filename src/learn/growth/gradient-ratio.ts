/** How large the gradient of what has grown is beside that of the rest. */
import type { Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import type { WeightGradient } from '../../graph/optimizer.js'
import { sizeOf } from '../../net/shape.js'
import type { Weights } from '../../net/weights.js'
import { newMaskKey } from '../../surgery/remap.js'

/** 1 at the new values of a weight, a variable that does not change; `null` where the slots say that none is new. */
export const newMaskOf = (slots: Weights, key: string): Value | null => {
  const name = newMaskKey(key)
  const mask = slots[name]
  return mask === undefined ? null : op.weight(name, mask.shape)
}

const sumOf = (values: readonly Value[]): Value => values.reduce((a, b) => op.add(a, b), op.constant(0))

/** How many values are new, and how many are old. */
const countValues = (slots: Weights, gradients: readonly WeightGradient[]) => {
  const all = gradients.reduce((sum, { gradient }) => sum + sizeOf(gradient.shape), 0)
  const fresh = gradients.reduce(
    (sum, { key }) => sum + (slots[newMaskKey(key)]?.data.reduce((a, b) => a + b, 0) ?? 0),
    0,
  )
  return { fresh, old: all - fresh }
}

/**
 * ‖∂new‖ / ‖∂old‖, the norms of the gradients by new and by old weights, each over √ of how many there are: a part of few
 * weights could not have the norm of all the others. 1 where all are new, or none is. Slots hold the masks of `newMasks`.
 *
 * Shapes  → []
 */
export const gradientRatio =
  (slots: Weights) =>
  (gradients: readonly WeightGradient[]): Value => {
    const { fresh, old } = countValues(slots, gradients)
    if (fresh === 0 || old === 0) return op.constant(1)
    const all = sumOf(gradients.map(({ gradient }) => op.sum(op.square(gradient))))
    const ofNew = sumOf(
      gradients.flatMap(({ key, gradient }) => {
        const mask = newMaskOf(slots, key)
        return mask === null ? [] : [op.sum(op.mul(op.square(gradient), mask))]
      }),
    )
    const ofOld = op.maximum(op.sub(all, ofNew), 1e-24)
    return op.sqrt(op.mul(op.div(ofNew, ofOld), old / fresh))
  }
