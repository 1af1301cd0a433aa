/**
 * Batch norm where workers share a batch: by each worker's own statistics, whose means over workers are the running ones,
 * or by those of the whole batch, which the workers exchange.
 */
import { channelsOf, type Shape, sizeOf } from '../../net/shape.js'
import type { OpOf, Value } from '../graph.js'
import * as op from '../operations.js'
import {
  inPlace,
  type Moments,
  type Placed,
  partial,
  replicated,
  type Sharding,
  type SharedMoments,
  sharded,
} from './placement.js'

/** Values of a channel among the worker's rows. */
const countOf = (x: Value): number => sizeOf(x.shape) / channelsOf(x.shape)

/** Of the worker's rows, as the fused operation has them. */
const momentsOf = (x: Value, norm: Value, channels: Shape): Moments => {
  const unbiased = op.splitPart(2, norm, channels)
  return { mean: op.splitPart(1, norm, channels), variance: op.mul(unbiased, 1 - 1 / countOf(x)) }
}

/** Of all rows, by those of each worker. Source  Chan, Golub, LeVeque 1983 */
const gatherMoments = (sharding: Sharding, own: Moments): Moments => {
  const channels = channelsOf(own.mean.shape)
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
const normByAll = (
  sharding: Sharding,
  { op: { epsilon } }: Norm,
  x: Value,
  scale: Value,
  shift: Value,
): Placed => {
  const norm = op.batchNorm(x, scale, shift, epsilon)
  const own = momentsOf(x, norm, scale.shape)
  const all = gatherMoments(sharding, own)
  const count = sharding.workers * countOf(x)
  const unbiased = op.mul(all.variance, count / Math.max(1, count - 1))
  return {
    ...sharded(op.normalise(x, scale, shift, all.mean, all.variance, epsilon)),
    parts: [replicated(all.mean), replicated(unbiased)],
    moments: { norm, own, all },
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

const deviationOf = ({ variance }: Moments, epsilon: number): Value => op.sqrt(op.add(variance, epsilon))

/**
 * ∂x = γ/σ · (∂y − (Σ∂y + x̂ · Σ∂y·x̂)/n), with sums over the whole batch: the fused operation's gradient by the worker's own
 * m rows, μ′ and σ′, and what it lacks, which is linear in x̂. Of its rows x̂ = δ + ρ·x̂′, with δ = (μ′ − μ)/σ and ρ = σ′/σ.
 */
const gradByAll = (
  sharding: Sharding,
  { op: { epsilon } }: NormGrad,
  { norm, own, all }: SharedMoments,
  [dy, x, scale]: readonly [Value, Value, Value],
): Placed => {
  const grad = op.batchNormGrad(dy, x, scale, norm, epsilon)
  const [ownScale, ownShift] = [op.splitPart(1, grad, scale.shape), op.splitPart(2, grad, scale.shape)]
  const deviation = deviationOf(all, epsilon)
  const offset = op.div(op.sub(own.mean, all.mean), deviation)
  const ratio = op.div(deviationOf(own, epsilon), deviation)
  const dscale = sharding.reduce(op.add(op.mul(offset, ownShift), op.mul(ratio, ownScale)))
  const dshift = sharding.reduce(ownShift)
  const perRow = (sum: Value, rows: number) => op.mul(sum, 1 / rows)
  const count = countOf(x)
  const slope = perRow(op.div(ownScale, ratio), count)
  const lacksScale = op.sub(slope, perRow(dscale, sharding.workers * count))
  const lacksShift = op.sub(perRow(ownShift, count), perRow(dshift, sharding.workers * count))
  const factor = op.div(scale, deviation)
  const lacks = op.normalise(
    x,
    op.mul(factor, lacksScale),
    op.mul(factor, op.sub(lacksShift, op.mul(offset, slope))),
    all.mean,
    all.variance,
    epsilon,
  )
  return {
    ...sharded(op.add(op.mul(grad, ratio), lacks)),
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
