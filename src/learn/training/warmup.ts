/** Warming up: training that moves only what growing has added; old values and running statistics stay, bit for bit. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { isUpdate, type Value } from '../../graph/graph.js'
import { crossEntropy } from '../../graph/loss.js'
import * as op from '../../graph/operations.js'
import type { WeightGradient } from '../../graph/optimizer.js'
import type { Net } from '../../net/tree.js'
import type { Weights } from '../../net/weights.js'
import { newMaskKey } from '../../surgery/remap.js'
import type { LearnError } from '../error.js'
import type { TrainOptions } from '../options.js'
import type { Calls } from './phase.js'
import {
  lowerForInference,
  lowerForTraining,
  type TrainingGraph,
  weightGradients,
  weightUpdates,
} from './train.js'

/** 1 where a weight is new; a variable beside it that nobody changes. */
const newnessAt = ({ weights }: TrainingGraph, key: string): Value =>
  op.weight(newMaskKey(key), weights.get(key)?.shape ?? [])

/** The slope of what is new alone, so that a clipped norm is its own. */
const masked =
  (seen: TrainingGraph) =>
  (slope: WeightGradient): WeightGradient => ({
    ...slope,
    gradient: op.mul(slope.gradient, newnessAt(seen, slope.key)),
  })

/** The change where a weight is new, and none where it is old. */
const held =
  (seen: TrainingGraph) =>
  (update: Value): Value => {
    const key = isUpdate(update.op) ? update.op.name : ''
    const weight = seen.weights.get(key) ?? update
    return op.assign(key, op.add(weight, op.mul(newnessAt(seen, key), op.sub(update, weight))))
  }

/**
 * The two calls of a warm-up; `slots` tell what is new, as `newMasks` has it.
 *
 * Law  old values, and the running statistics of old channels, stay as they are, bit for bit
 */
export const warmupCalls =
  (options: TrainOptions, evaluated: number, slots: Weights) =>
  (net: Net): E.Either<LearnError, Calls> =>
    pipe(
      lowerForTraining(options.batchSize)(net),
      E.bindTo('all'),
      E.bindW('infer', () => lowerForInference(evaluated)(net)),
      E.map(({ all, infer }) => {
        const isNew = ({ key }: { readonly key: string }) => newMaskKey(key) in slots
        const seen = { ...all, statistics: all.statistics.filter(isNew) }
        const loss = crossEntropy(seen.logits, seen.targets, options.labelSmoothing)
        const slopes = weightGradients(all, loss).filter(isNew).map(masked(seen))
        return {
          train: {
            outputs: { loss, logits: seen.logits },
            updates: weightUpdates(options)(seen, slopes).map(held(seen)),
          },
          infer,
        }
      }),
    )
