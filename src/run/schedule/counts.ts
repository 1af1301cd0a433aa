/** Targets in figures: what a net has of each measure, and whether that is within an amount. */

import { countMacs, countParams, countStored } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Amount, Target } from './steps.js'

/** Parameters, multiply–accumulates, bytes of weights. */
export interface Counts {
  readonly params: number
  readonly macs: number
  readonly bytes: number
}

export const countsOf = (inferred: CheckedNet): Counts => ({
  params: countParams(inferred),
  macs: countMacs(inferred),
  bytes: 4 * countStored(inferred),
})

/** What `amount` says of one of the three counts, with a figure of its own. */
export const scaleAmount = (
  amount: Amount,
  scale: (count: keyof Counts, figure: number) => number,
): Amount => {
  if ('params' in amount) return { params: scale('params', amount.params) }
  if ('macs' in amount) return { macs: scale('macs', amount.macs) }
  return { bytes: scale('bytes', amount.bytes) }
}

/** A share of what there is as a figure. */
export const toAtMost = (target: Target, whole: Counts): Target =>
  'keep' in target ? { atMost: scaleAmount(target.keep, (count, share) => share * whole[count]) } : target

/** Whether a net has no more than an amount. */
export const isWithin = (amount: Amount, { params, macs, bytes }: Counts): boolean => {
  if ('params' in amount) return params <= amount.params
  return 'macs' in amount ? macs <= amount.macs : bytes <= amount.bytes
}
