/** The options of pruning: plain data, but for utilities and latencies that a function gives. */
import type * as E from 'fp-ts/lib/Either.js'
import type { Path } from '../../net/path.js'
import type { Model } from '../../net/weights.js'
import type { Widths } from '../analysis/trunk.js'
import type { PruneError } from '../error.js'
import type { RoundTo } from './constraints/rounding.js'
import type { Combine, Normalize, Utilities } from './rank.js'
import type { AmountTarget, CountedAmount, LatencyTarget, MeasureLatency } from './target.js'

interface Guarded {
  /** Paths whose weights are all kept, those that read other channels too. */
  readonly freeze?: readonly Path[]
}

/** What is kept whatever its utility. */
export interface ConstraintOptions extends Guarded {
  /** Channels each group keeps at least; by default 0: whole branches, modules and bodies may be removed. */
  readonly minChannels?: number
  /**
   * Share of its width that each layer of the trunk keeps at least, from 0, the default, to 1. A branch of a module and
   * the body of a residual may still be removed; a module's branches together, and its only branch, may not.
   */
  readonly floor?: number
  /** Widths are rounded up to a multiple of this; by default `'auto'`. */
  readonly roundTo?: RoundTo
  /** Paths whose own channels are kept, while the channels they read may be removed. */
  readonly ignore?: readonly Path[]
}

interface Ranging extends ConstraintOptions {
  /** Utilities, or the criterion that gives them. Layers without utilities keep their channels. */
  readonly by: Utilities | ((model: Model, seen: undefined) => E.Either<PruneError, Utilities>)
  /** How the scores of channels that are removed together are combined. */
  readonly combine?: Combine
  /** What the floor is a share of, by path: of a net cut before, its first widths; by default those it has. */
  readonly widths?: Widths
}

/** The paper's rule: channels below `eta` standard deviations of their layer are removed. */
export interface ByThreshold extends Ranging {
  readonly eta: number
}

/** The lowest scores are removed until the target is met; normalized as `'eta'` by default. */
export type ByTarget = Ranging & { readonly normalize?: Normalize } & (
    | AmountTarget<CountedAmount>
    /** A function measures the latency; on an engine, `pruneToLatency` does. */
    | (LatencyTarget & { readonly measure: MeasureLatency })
  )

/** These channels and residuals' bodies are removed, with their groups. */
export interface ByChannel extends Guarded {
  readonly channels: Readonly<Record<Path, readonly number[]>>
  readonly bodies?: readonly Path[]
}

/** By a threshold, to a target, or channel by channel. */
export type PruneOptions = ByThreshold | ByTarget | ByChannel
