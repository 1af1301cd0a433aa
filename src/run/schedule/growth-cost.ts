/** What a growth is weighed by: the parameters or the multiply–accumulates that it adds. */
import * as t from 'io-ts'
import { countMacs, countParams } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'

/** What a candidate's gradient is divided by. */
export type GrowthCost = 'params' | 'macs'

export const growthCostCodec: t.Type<GrowthCost> = t.keyof({ params: null, macs: null })

const counts: { readonly [C in GrowthCost]: (net: CheckedNet) => number } = {
  params: countParams,
  macs: countMacs,
}

/** What a grown net has more of, at least 1. */
export const growthCost =
  (per: GrowthCost, before: CheckedNet) =>
  (after: CheckedNet): number =>
    Math.max(1, counts[per](after) - counts[per](before))
