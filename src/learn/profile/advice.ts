/** What would make a profiled call faster, as a fact. */

import type { Kind } from '../../graph/graph.js'
import { sumBy } from '../../io/count.js'
import type { Profile } from './profile.js'

/** The largest thing that holds a call back, with its share of the time or of the peak. */
export type Advice =
  /** Making what a step is fed takes this share of it. */
  | { readonly _tag: 'Data'; readonly share: number }
  /** Operations are so small that calling them counts, in microseconds each. */
  | { readonly _tag: 'SmallOperations'; readonly microseconds: number }
  /** The machine does this share of what it can. */
  | { readonly _tag: 'NearPeak'; readonly share: number }
  /** Operations that are no products take this share. */
  | { readonly _tag: 'Passes'; readonly share: number; readonly kind: Kind }
  /** Products run at this share of the peak. */
  | { readonly _tag: 'Products'; readonly share: number }

/** Multiply–accumulates a second over the whole call. */
export const rateOf = ({ macs, inside }: Profile): number => (1000 * macs) / inside

/**
 * The first that holds: more than 0.3 of the time is spent outside the engine; more than half of the peak is reached;
 * operations take less than 5 µs each; passes over memory take more than 0.4 of the time. Else products run below the peak.
 */
export const adviceFor = (profile: Profile): Advice => {
  const { inside, outside, operations, kinds, peak } = profile
  const share = outside / (inside + outside)
  if (share > 0.3) return { _tag: 'Data', share }
  const ofPeak = rateOf(profile) / peak
  if (ofPeak > 0.5) return { _tag: 'NearPeak', share: ofPeak }
  const microseconds = (1000 * inside) / operations
  if (microseconds < 5) return { _tag: 'SmallOperations', microseconds }
  const whole = sumBy(kinds, ({ milliseconds }) => milliseconds)
  const passes = kinds.filter(({ macs }) => macs === 0)
  const passing = sumBy(passes, ({ milliseconds }) => milliseconds) / whole
  const [first] = passes
  return first !== undefined && passing > 0.4
    ? { _tag: 'Passes', share: passing, kind: first.kind }
    : { _tag: 'Products', share: ofPeak }
}
