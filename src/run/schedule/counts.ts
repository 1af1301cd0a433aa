/** Targets in figures: what a net has of each measure, and whether that is within an amount. */
import { countMacs, countParams, countStored } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import type { CountedAmount, CountedTarget } from '../../surgery/prune/target.js'

/** Parameters, multiply–accumulates, bytes of weights. */
export interface Counts {
  readonly params: number
  readonly macs: number
  readonly bytes: number
}

export const countsOf = (net: CheckedNet): Counts => ({
  params: countParams(net),
  macs: countMacs(net),
  bytes: 4 * countStored(net),
})

/** What `amount` says of one of the three counts, with a figure of its own. */
export const scaleAmount = (
  amount: CountedAmount,
  scale: (count: keyof Counts, figure: number) => number,
): CountedAmount => {
  if ('params' in amount) return { params: scale('params', amount.params) }
  if ('macs' in amount) return { macs: scale('macs', amount.macs) }
  return { bytes: scale('bytes', amount.bytes) }
}

/** A share of what there is as a figure. */
export const toAtMost = (target: CountedTarget, whole: Counts): CountedTarget =>
  'keep' in target ? { atMost: scaleAmount(target.keep, (count, share) => share * whole[count]) } : target

/** Whether a net has no more than an amount. */
export const isWithin = (amount: CountedAmount, { params, macs, bytes }: Counts): boolean => {
  if ('params' in amount) return params <= amount.params
  return 'macs' in amount ? macs <= amount.macs : bytes <= amount.bytes
}
