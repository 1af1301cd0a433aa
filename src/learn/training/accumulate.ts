/** Gradient accumulation: the optimizer changes the weights after several batches, by the mean of their gradients. */
import type { Graph, Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import type { WeightGradient } from '../../graph/optimizer.js'
import type { TrainOptions } from '../options.js'
import type { Calls } from './phase.js'

const sumName = ({ key }: WeightGradient): string => `${key}/gradients`

/** The sum of the gradients before this batch's. */
const sumOf = (each: WeightGradient): Value => op.weight(sumName(each), each.weight.shape)

const meanGradient =
  (batches: number) =>
  (each: WeightGradient): WeightGradient => ({
    ...each,
    gradient: op.mul(op.add(sumOf(each), each.gradient), 1 / batches),
  })

const addToSum = (each: WeightGradient): Value => op.assign(sumName(each), op.add(sumOf(each), each.gradient))

const clearSum = (each: WeightGradient): Value => op.assign(sumName(each), op.mul(sumOf(each), 0))

/**
 * A step as a program: what it gives, its gradients, how they change the weights, and the running statistics of the
 * batch.
 */
export interface StepGraph {
  readonly outputs: Graph['outputs']
  readonly gradients: readonly WeightGradient[]
  readonly updatesBy: (gradients: readonly WeightGradient[]) => readonly Value[]
  readonly statistics: readonly Value[]
}

/**
 * The call that changes the weights, and where gradients are accumulated the one before it that only sums them.
 *
 * Law  without batch norm, steps on the mean over several batches are those on one batch of all their images
 */
export const accumulateCalls =
  ({ accumulate: batches }: Pick<TrainOptions, 'accumulate'>) =>
  ({ outputs, gradients, updatesBy, statistics }: StepGraph): Pick<Calls, 'train' | 'accumulate'> =>
    batches === 1
      ? { train: { outputs, updates: updatesBy(gradients) } }
      : {
          train: {
            outputs,
            updates: [...updatesBy(gradients.map(meanGradient(batches))), ...gradients.map(clearSum)],
          },
          accumulate: { outputs, updates: [...gradients.map(addToSum), ...statistics] },
        }
