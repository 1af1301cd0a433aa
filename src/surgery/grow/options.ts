/** What growing can be told: plain data, which a schedule can hold. */

import type { Path } from '../../net/path.js'
import type { Layer } from '../../net/tree.js'

/** Where a net grows, and by what: `L` is a layer, or what tells one. */
export type GrowthSite<L> =
  /** A layer or module behind, or before, the one named. */
  | { readonly after: Path; readonly module: L }
  | { readonly before: Path; readonly module: L }
  /** In a stack: behind its first `at` layers, by default at its end. */
  | { readonly inside: Path; readonly at?: number; readonly module: L }
  /** At the end of a branch. */
  | { readonly deepen: Path; readonly module: L }
  /** A branch more for a module. */
  | { readonly to: Path; readonly branch: L }
  /** The unit named, or each unit in the module named, `by` times as wide; what a sum ties to it too. */
  | { readonly widen: Path; readonly by: number }

/** One growth. */
export type Growth = GrowthSite<Layer>

/**
 * How new weights begin.
 *
 * - `exact`  the model computes what it did: new modules pass on what comes in, nothing reads the new channels yet
 * - `spark`  as exact, but what reads new channels begins small and random: no longer the same, quicker to learn
 * - `fresh`  every weight of the grown net begins anew
 */
export type GrowInit = 'preserve' | 'noisy' | 'scratch'

/** What a batch norm at the place would have seen, channel by channel. */
export interface ChannelStatistics {
  readonly mean: ArrayLike<number>
  readonly variance: ArrayLike<number>
}

/** Where to grow, by what, and how the new weights begin. */
export type GrowOptions = Growth & {
  readonly seed: number
  /** By default `'preserve'`. */
  readonly init?: GrowInit
  /** With `'noisy'`: the new weights' deviation, in deviations of the old ones beside them; by default 0.1. */
  readonly noise?: number
  /** Of what comes into a new module, so that it passes it on in training too. */
  readonly statistics?: ChannelStatistics
  /** What the grown net may have at most. */
  readonly budget?: { readonly params?: number; readonly macs?: number }
}
