/** How far to cut: a share to keep, an amount not to exceed, or a threshold. */
import type { Model } from '../../net/weights.js'

/** So many parameters, multiply–accumulates of an image, or bytes of weights: what a net alone tells. */
export type CountedAmount =
  | { readonly params: number }
  | { readonly macs: number }
  | { readonly bytes: number }

/** So many milliseconds per image: what a function or an engine measures. */
export type LatencyAmount = { readonly latency: number }

/** A share of the amount the net has, or an amount not to exceed. */
export type AmountTarget<Amount = CountedAmount | LatencyAmount> =
  | { readonly keep: Amount }
  | { readonly atMost: Amount }

/** A target that a net alone is held against; `eta` is the paper's threshold, in standard deviations of each layer. */
export type CountedTarget = AmountTarget<CountedAmount> | { readonly eta: number }

/** A share of the net's milliseconds per image, or so many at most. */
export type LatencyTarget = AmountTarget<LatencyAmount>

/** How far to cut. */
export type Target = CountedTarget | LatencyTarget

/** Whether a target is a latency, which a function or an engine measures. */
export const isLatencyTarget = (target: Target): target is LatencyTarget =>
  !('eta' in target) && 'latency' in ('keep' in target ? target.keep : target.atMost)

/** Milliseconds a model takes. */
export type MeasureLatency = (model: Model) => number
