/** Errors of surgery, as facts; `report/text` renders them. */
import type { DecodeError } from '../io/codec.js'
import type { NetError, WeightError } from '../net/error.js'
import type { Path } from '../net/path.js'
import type { Shape } from '../net/shape.js'
import type { Unpreserved } from './grow/inexact.js'

/** The measures of a net. */
export type Measure = 'params' | 'macs' | 'bytes' | 'latency'

/** A path or a weight store that does not belong to the net. */
export type AddressError =
  /** A path, given in the option `where`, that no layer has. */
  { readonly _tag: 'UnknownPath'; readonly at: Path; readonly where: string } | WeightError

/** Utilities that cannot be ranked. */
export type UtilityError =
  | { readonly _tag: 'WrongLength'; readonly at: Path; readonly expected: number; readonly got: number }
  | { readonly _tag: 'NotFinite'; readonly at: Path; readonly channel: number; readonly value: number }

/** An option with an impossible value; `expected` says which values are possible. */
export interface OptionError {
  readonly _tag: 'WrongOption'
  readonly option: string
  readonly got: number | string
  readonly expected: string
}

/** What keeps a channel from being removed: an option, the input or the output of the net, a layer norm that reads it. */
export type Fixing = 'freeze' | 'input' | 'output' | 'layerNorm' | 'own'

/** Errors of pruning. */
export type PruneError =
  | DecodeError
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
  /** A channel to remove that must stay. */
  | { readonly _tag: 'FrozenChannel'; readonly at: Path; readonly channel: number; readonly reason: Fixing }
  /** A body to remove that holds or lies in a frozen layer, or whose output is needed. */
  | { readonly _tag: 'FrozenBody'; readonly at: Path; readonly reason: 'freeze' | 'needed' }
  /** A layer that the output needs would lose its last channel. */
  | { readonly _tag: 'EmptyNet'; readonly at: Path }
  /** Even with all candidates removed, the target is exceeded. */
  | {
      readonly _tag: 'OutOfReach'
      readonly measure: Measure
      readonly expected: number
      readonly least: number
      /** The options that hold channels back, by name. */
      readonly limits: readonly string[]
    }
  /**
   * The net does not end in a layer of features and then a dense layer, or a 1×1 convolution and a mean; its last two
   * layers.
   */
  | { readonly _tag: 'NoDecision'; readonly got: readonly string[] }

/** Errors of growing. */
export type GrowError =
  | NetError
  | AddressError
  | UtilityError
  | OptionError
  /** A layer of another kind than this growth needs. */
  | { readonly _tag: 'WrongPlace'; readonly at: Path; readonly got: string; readonly expected: string }
  /** The output would have another shape. */
  | { readonly _tag: 'OutputDiffers'; readonly at: Path; readonly got: Shape; readonly expected: Shape }
  /** No unit inside can be widened: all are of the input or the output, read by a layer norm, or tied to such. */
  | { readonly _tag: 'NothingToWiden'; readonly at: Path }
  /** A sum, a gate or groups tie a part of this layer's channels to another layer: new ones cannot be appended. */
  | { readonly _tag: 'Tied'; readonly at: Path; readonly to: Path }
  /** Channels that a layer knows by their numbers would get others: those of its groups, slice, sum or gate. */
  | { readonly _tag: 'Renumbered'; readonly at: Path; readonly grown: Path }
  /** Growth that is to preserve the function, and does not; `widened`: even where a module may be made wider. */
  | { readonly _tag: 'NotExact'; readonly at: Path; readonly why: Unpreserved; readonly widened: boolean }
  | { readonly _tag: 'OverBudget'; readonly measure: Measure; readonly limit: number; readonly got: number }
