/** How the values of a graph are spread over workers that share each batch, as in data-parallel training. */
import type { Share } from '../../io/share.js'
import type { Shape } from '../../net/shape.js'
import { sizeOf } from '../../net/shape.js'
import type { Value } from '../graph.js'
import * as op from '../operations.js'

/** `replicated`: the same everywhere; `sharded`: each has its rows; `partial`: their sum is the value. */
export type Placement = 'replicated' | 'sharded' | 'partial'

/** A value on one worker. */
export interface Placed {
  readonly placement: Placement
  readonly value: Value
  /** The other results of an operation with several, from the second on. */
  readonly parts?: readonly Placed[]
  /** Of a batch norm by the whole batch's statistics. */
  readonly moments?: SharedMoments
}

/** Means and variances, divided by n, of each channel. */
export interface Moments {
  readonly mean: Value
  readonly variance: Value
}

/** A batch norm by the worker's own rows, their statistics, and those of all. */
export interface SharedMoments {
  readonly norm: Value
  readonly own: Moments
  readonly all: Moments
}

export const replicated = (value: Value): Placed => ({ placement: 'replicated', value })
export const sharded = (value: Value): Placed => ({ placement: 'sharded', value })
export const partial = (value: Value): Placed => ({ placement: 'partial', value })

export const isSharded = ({ placement }: Placed): boolean => placement === 'sharded'
export const isReplicated = ({ placement }: Placed): boolean => placement === 'replicated'
export const isPartial = ({ placement }: Placed): boolean => placement === 'partial'

/** One graph on its way to a worker. */
export interface Sharding extends Share {
  /** Images of a whole batch. */
  readonly batch: number
  /** Whether batch norm goes by the statistics of the whole batch, instead of each worker's part. */
  readonly syncBatchNorm: boolean
  /** The sum over workers of a partial value. */
  readonly reduce: (value: Value) => Value
}

/** The shape of one worker's rows. */
export const localShape = ({ batch, workers }: Sharding, [, ...row]: Shape): Shape => [
  batch / workers,
  ...row,
]

/** The value on every worker; `null` of a sharded one. */
export const replicate = ({ reduce }: Sharding, placed: Placed): Value | null =>
  isSharded(placed) ? null : isPartial(placed) ? reduce(placed.value) : placed.value

export const isEveryValue = (values: readonly (Value | null)[]): values is readonly Value[] =>
  values.every(value => value !== null)

/**
 * A worker's values at their place among those of all, with zeros elsewhere: the sum over workers gathers them.
 *
 * Shapes  [n] → [workers · n]
 */
export const inPlace = ({ rank, workers }: Share, value: Value): Value => {
  const size = sizeOf(value.shape)
  const zeros = (parts: number) => (parts === 0 ? [] : [op.zeros([parts * size])])
  return op.concat([...zeros(rank), op.reshape(value, [size]), ...zeros(workers - 1 - rank)])
}
