/** Warm-up: training that changes only the weights that growing has added; all others stay, bit for bit. */
import type * as E from 'fp-ts/lib/Either.js'
import { isUpdate, type Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import type { WeightGradient } from '../../graph/optimizer.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Weights } from '../../net/weights.js'
import { newMaskKey } from '../../surgery/remap.js'
import type { LearnError } from '../error.js'
import type { TrainOptions } from '../options.js'
import { callsBy } from './calls.js'
import type { Calls } from './phase.js'
import { hardLoss, runningStatistics, type TrainingGraph, weightGradients, weightUpdates } from './train.js'

/** 1 where a weight is new; a variable that does not change. */
const newMask = ({ weights }: TrainingGraph, key: string): Value =>
  op.weight(newMaskKey(key), weights.get(key)?.shape ?? [])

/** The gradient of new weights alone, so that clipping measures their norm. */
const maskGradient =
  (graph: TrainingGraph) =>
  (each: WeightGradient): WeightGradient => ({
    ...each,
    gradient: op.mul(each.gradient, newMask(graph, each.key)),
  })

/** The update where a weight is new, and none where it is old. */
const maskUpdate =
  (graph: TrainingGraph) =>
  (update: Value): Value => {
    const key = isUpdate(update.op) ? update.op.name : ''
    const weight = graph.weights.get(key) ?? update
    return op.assign(key, op.add(weight, op.mul(newMask(graph, key), op.sub(update, weight))))
  }

/**
 * The calls of a warm-up; `slots` hold the masks of new weights, from `newMasks`.
 *
 * Law  old values, and the running statistics of old channels, stay as they are, bit for bit
 */
export const warmupCalls = (
  options: TrainOptions,
  evaluated: number,
  slots: Weights,
): ((net: CheckedNet) => E.Either<LearnError, Calls>) =>
  callsBy(options, evaluated, all => {
    const isNew = ({ key }: { readonly key: string }) => newMaskKey(key) in slots
    const graph = { ...all, statistics: all.statistics.filter(isNew) }
    const loss = hardLoss(options, graph)
    return {
      loss,
      gradients: weightGradients(all, loss).filter(isNew).map(maskGradient(graph)),
      updatesBy: gradients => weightUpdates(options)(graph, gradients).map(maskUpdate(graph)),
      statistics: runningStatistics(graph).map(maskUpdate(graph)),
    }
  })
