/**
 * Batch norm where workers share a batch: by each worker's own statistics, whose means over workers are the running ones,
 * or by those of the whole batch, which the workers exchange.
 */
import { channelsOf, sizeOf } from '../../net/shape.js'
import type { OpOf, Value } from '../graph.js'
import * as op from '../operations.js'
import {
  inPlace,
  type Moments,
  type Placed,
  partial,
  replicated,
  type Sharding,
  sharded,
} from './placement.js'

const leadingAxes = ({ shape }: Value): readonly number[] => shape.slice(0, -1).map((_, axis) => axis)

/** Values of a channel in the whole batch. */
const countOf = ({ workers }: Sharding, x: Value): number => (workers * sizeOf(x.shape)) / channelsOf(x.shape)

/** Of one worker's rows. */
const momentsOf = (x: Value): Moments => {
  const axes = leadingAxes(x)
  const mean = op.mean(x, axes)
  return { mean, variance: op.mean(op.square(op.sub(x, mean)), axes) }
}

/** Of all rows, by those of each worker. Source  Chan, Golub, LeVeque 1983 */
const gatherMoments = (sharding: Sharding, x: Value): Moments => {
  const channels = channelsOf(x.shape)
  const own = momentsOf(x)
  const gathered = sharding.reduce(inPlace(sharding, op.concat([own.mean, own.variance])))
  const rows = op.reshape(gathered, [sharding.workers, 2 * channels])
  const [means, variances] = [op.slice(rows, 0, channels), op.slice(rows, channels, channels)]
  const mean = op.mean(means, [0])
  const between = op.square(op.sub(means, mean))
  return { mean, variance: op.mean(op.add(variances, between), [0]) }
}

type Norm = Value & { readonly op: OpOf<'batchNorm'> }
type NormGrad = Value & { readonly op: OpOf<'batchNormGrad'> }

/** By each worker's own statistics. */
const normByPart = ({ workers }: Sharding, norm: Norm, x: Value, scale: Value, shift: Value): Placed => {
  const y = op.batchNorm(x, scale, shift, norm.op.epsilon)
  const meanPart = (index: number) => partial(op.mul(op.splitPart(index, y, scale.shape), 1 / workers))
  return { ...sharded(y), parts: [meanPart(1), meanPart(2)] }
}

/** By the statistics of the whole batch. */
const normByAll = (sharding: Sharding, norm: Norm, x: Value, scale: Value, shift: Value): Placed => {
  const moments = gatherMoments(sharding, x)
  const count = countOf(sharding, x)
  const unbiased = op.mul(moments.variance, count / Math.max(1, count - 1))
  return {
    ...sharded(op.normalise(x, scale, shift, moments.mean, moments.variance, norm.op.epsilon)),
    parts: [replicated(moments.mean), replicated(unbiased)],
    moments,
  }
}

/** x, scale and shift → y. */
export const shardNorm = (
  sharding: Sharding,
  norm: Norm,
  ...inputs: readonly [Value, Value, Value]
): Placed => (sharding.syncBatchNorm ? normByAll : normByPart)(sharding, norm, ...inputs)

const gradByPart = (
  { op: { epsilon } }: NormGrad,
  dy: Value,
  x: Value,
  scale: Value,
  norm: Value,
): Placed => {
  const dx = op.batchNormGrad(dy, x, scale, norm, epsilon)
  const part = (index: number) => partial(op.splitPart(index, dx, scale.shape))
  return { ...sharded(dx), parts: [part(1), part(2)] }
}

/** ∂x = γ/σ · (∂y − (Σ∂y + x̂ · Σ∂y·x̂)/n), with sums over the whole batch. */
const gradByAll = (
  sharding: Sharding,
  { op: { epsilon } }: NormGrad,
  { mean, variance }: Moments,
  [dy, x, scale]: readonly [Value, Value, Value],
): Placed => {
  const deviation = op.sqrt(op.add(variance, epsilon))
  const unit = op.div(op.sub(x, mean), deviation)
  const [dscale, dshift] = [op.mul(dy, unit), dy].map(each =>
    sharding.reduce(op.sum(each, leadingAxes(each))),
  ) as [Value, Value] // of two, two
  const through = op.mul(op.add(dshift, op.mul(unit, dscale)), 1 / countOf(sharding, x))
  return {
    ...sharded(op.mul(op.sub(dy, through), op.div(scale, deviation))),
    parts: [replicated(dscale), replicated(dshift)],
  }
}

/** ∂y, x and scale → ∂x, ∂scale, ∂shift. */
export const shardNormGrad = (
  sharding: Sharding,
  grad: NormGrad,
  inputs: readonly [dy: Value, x: Value, scale: Value],
  norm: Placed,
): Placed =>
  norm.moments === undefined
    ? gradByPart(grad, ...inputs, norm.value)
    : gradByAll(sharding, grad, norm.moments, inputs)
