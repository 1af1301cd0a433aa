/** The options of growing: plain data, which a schedule can hold. */

import type { Path } from '../../net/path.js'
import type { Layer } from '../../net/tree.js'

/** Where a net grows, and by what: `L` is a layer, or data that gives one. */
export type GrowthSite<L> =
  /** A new layer or module behind, or before, the one named. */
  | { readonly after: Path; readonly module: L }
  | { readonly before: Path; readonly module: L }
  /** In a stack: behind its first `at` layers, by default at its end. */
  | { readonly inside: Path; readonly at?: number; readonly module: L }
  /** At the end of a branch. */
  | { readonly deepen: Path; readonly module: L }
  /** A new branch of a module. */
  | { readonly to: Path; readonly branch: L }
  /** The unit named, or each unit in the module named, `by` times as wide, with those that a sum ties to it. */
  | { readonly widen: Path; readonly by: number }

/** One growth. */
export type Growth = GrowthSite<Layer>

/**
 * How new weights are initialised.
 *
 * - `preserve`  the function is preserved: new modules pass their input on, weights that read new channels are zeros
 * - `noisy`     as `preserve`, but weights that read new channels are small random numbers, which learn sooner
 * - `scratch`   every weight of the grown net is initialised again
 */
export type GrowInit = 'preserve' | 'noisy' | 'scratch'

/** The statistics of a new module's input, channel by channel. */
export interface ChannelStatistics {
  readonly mean: ArrayLike<number>
  readonly variance: ArrayLike<number>
}

/** Where to grow, by what, and how new weights are initialised. */
export type GrowOptions = Growth & {
  readonly seed: number
  /** By default `'preserve'`. */
  readonly init?: GrowInit
  /**
   * Whether growing must preserve the function: of a module that cannot pass on all that it reads, one way through it is made
   * as wide. By default it may be inexact.
   */
  readonly exact?: boolean
  /** With `'noisy'`: the new weights' deviation, in deviations of the old ones beside them; by default 0.1. */
  readonly noise?: number
  /** Of a new module's input, so that its batch norms are the identity in training too. */
  readonly statistics?: ChannelStatistics
  /** Upper bounds for the grown net. */
  readonly budget?: { readonly params?: number; readonly macs?: number }
}
