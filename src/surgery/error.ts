/** What surgery refuses, as facts; the words for people are in `report/prose`. */
import type { NetError, WeightError } from '../net/error.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'

/** What a net may be measured by. */
export type Measure = 'params' | 'macs' | 'bytes' | 'latency'

/** An address or a store that does not belong to the net. */
export type AddressError =
  /** A name given in `where` that no layer has. */
  { readonly _tag: 'UnknownPath'; readonly at: Path; readonly where: string } | WeightError

/** Utilities that cannot rank. */
export type UtilityError =
  | { readonly _tag: 'WrongLength'; readonly at: Path; readonly wanted: number; readonly got: number }
  | { readonly _tag: 'NotFinite'; readonly at: Path; readonly channel: number; readonly value: number }

/** An option no pruning or growth can have: `wanted` says what would do. */
export interface OptionError {
  readonly _tag: 'WrongOption'
  readonly option: string
  readonly got: number | string
  readonly wanted: string
}

/** Why a model is not pruned. */
export type PruneError =
  | NetError
  | AddressError
  | UtilityError
  | OptionError
  /** A channel to remove that the layer does not have. */
  | {
      readonly _tag: 'UnknownChannel'
      readonly at: Path
      readonly channel: number
      readonly channels: number
    }
  /** A channel to remove that is protected, comes in or goes out. */
  | { readonly _tag: 'ProtectedChannel'; readonly at: Path; readonly channel: number }
  /** A body to remove that holds something protected, or must pass something on. */
  | { readonly _tag: 'ProtectedBody'; readonly at: Path }
  /** Nothing would remain at a place that what goes out is made of. */
  | { readonly _tag: 'EmptyNet'; readonly at: Path }
  /** Even with all unprotected channels gone, more is left than was asked for. */
  | {
      readonly _tag: 'OutOfReach'
      readonly measure: Measure
      readonly wanted: number
      readonly least: number
      /** The options that hold channels back, by name. */
      readonly limits: readonly string[]
    }
  /** The net does not end in a layer that decides on a vector. */
  | { readonly _tag: 'NoDecision' }

/** Why a model is not grown. */
export type GrowError =
  | NetError
  | AddressError
  | UtilityError
  | OptionError
  /** A layer of another kind than this growth needs. */
  | { readonly _tag: 'WrongPlace'; readonly at: Path; readonly got: string; readonly wanted: string }
  /** What goes out would have another shape. */
  | { readonly _tag: 'OutputDiffers'; readonly at: Path; readonly got: Shape; readonly wanted: Shape }
  /** Nothing inside can be wider: all its channels come in, go out, or are tied to such. */
  | { readonly _tag: 'NothingToWiden'; readonly at: Path }
  /** A sum ties a part of this layer's channels to another layer: they cannot grow at its end. */
  | { readonly _tag: 'Tied'; readonly at: Path; readonly to: Path }
  | { readonly _tag: 'OverBudget'; readonly measure: Measure; readonly limit: number; readonly got: number }
