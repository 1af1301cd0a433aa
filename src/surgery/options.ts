/** What pruning can be told: plain data, but for utilities told by a function and latency measured by one. */
import type { Either } from 'fp-ts/lib/Either.js'
import type { Path } from '../net/path.js'
import type { Model } from '../net/weights.js'
import type { PruneError } from './error.js'
import type { Combine, Ranking, Utilities } from './rank.js'
import type { Goal } from './target.js'

interface Guarded {
  /** Paths whose weights all stay as they are. */
  readonly protect?: readonly Path[]
}

interface Ranging extends Guarded {
  /** What channels are worth, or how to tell from the model. Layers without a utility keep their channels. */
  readonly by: Utilities | ((model: Model, seen: undefined) => Either<PruneError, Utilities>)
  /** How channels that go together are made one. */
  readonly combine?: Combine
  /** Channels each group keeps at least; by default 0: branches, modules and bodies may go whole. */
  readonly minimum?: number
  /** Widths are topped up to a multiple of this; by default 1. */
  readonly multiple?: number
  /** Paths whose own channels stay, while what they read may go. */
  readonly ignore?: readonly Path[]
}

/** The paper's rule: what is worth less than `eta` standard deviations of its layer goes. */
export interface ByThreshold extends Ranging {
  readonly eta: number
}

/** The least worthy go until the target is met; ranked by `'eta'` unless told. */
export type ByTarget = Ranging & Goal & { readonly rank?: Ranking }

/** These channels go, and all that goes with them. */
export interface ByChannel extends Guarded {
  readonly channels: Readonly<Record<Path, readonly number[]>>
}

export type PruneOptions = ByThreshold | ByTarget | ByChannel
