/** Aims in figures: what a net has of what is counted, and whether that is within an amount. */
import { macsOf, paramsOf, storedOf } from '../net/count.js'
import type { Inferred } from '../net/infer.js'
import type { Aim, Amount } from './schedule.js'

/** Parameters, multiply–accumulates, bytes of weights. */
export interface Counts {
  readonly params: number
  readonly macs: number
  readonly bytes: number
}

export const countsOf = (inferred: Inferred): Counts => ({
  params: paramsOf(inferred),
  macs: macsOf(inferred),
  bytes: 4 * storedOf(inferred),
})

/** What `amount` says of one of the three counts, with a figure of its own. */
export const rescaled = (amount: Amount, scale: (count: keyof Counts, figure: number) => number): Amount => {
  if ('params' in amount) return { params: scale('params', amount.params) }
  if ('macs' in amount) return { macs: scale('macs', amount.macs) }
  return { bytes: scale('bytes', amount.bytes) }
}

/** A share of what there is as a figure. */
export const limitOf = (aim: Aim, whole: Counts): Aim =>
  'keep' in aim ? { atMost: rescaled(aim.keep, (count, share) => share * whole[count]) } : aim

/** Whether a net has no more than an amount. */
export const isWithin = (amount: Amount, { params, macs, bytes }: Counts): boolean => {
  if ('params' in amount) return params <= amount.params
  return 'macs' in amount ? macs <= amount.macs : bytes <= amount.bytes
}
