/** Errors of a net, as facts; `report/text` renders them. */
import type { DecodeError } from '../io/codec.js'
import type { FunctionError } from '../io/named-function.js'
import type { Path } from './path.js'
import type { Rank, Shape } from './shape.js'

/** A store that does not belong to the net: a weight is missing, has another shape, or is not the net's. */
export interface WeightError {
  readonly _tag: 'WrongWeight'
  readonly key: string
  readonly expected: Shape | null
  readonly got: Shape | null
}

/** What is limited in number. */
export type Excess =
  | 'filters'
  | 'units'
  | 'channels'
  | 'values'
  | 'padded values'
  | 'weights'
  | 'layers'
  | 'levels'

/** Why a net is refused, with the path of the layer. */
export type NetError =
  /** A map where a vector is expected, or the other way round. */
  | { readonly _tag: 'WrongRank'; readonly at: Path; readonly expected: Rank; readonly got: Shape }
  /** A record that is no layer or net: an unknown option, or one of the wrong kind. */
  | DecodeError
  /** More of something than any pass over the net, any engine or any file could hold. */
  | {
      readonly _tag: 'TooMany'
      readonly at: Path
      readonly what: Excess
      readonly got: number
      readonly most: number
    }
  /** A window larger than the map it slides over. */
  | { readonly _tag: 'WindowTooLarge'; readonly at: Path; readonly window: number; readonly map: Shape }
  /** A pool's padding as wide as its window: a window of it would hold no value. */
  | { readonly _tag: 'PaddingTooWide'; readonly at: Path; readonly padding: number; readonly window: number }
  /** The branches of a concat differ in height or width. */
  | {
      readonly _tag: 'BranchesDiffer'
      readonly at: Path
      readonly branch: Path
      readonly got: Shape
      readonly expected: Shape
    }
  /** A residual's body and shortcut differ in shape. */
  | { readonly _tag: 'SumDiffers'; readonly at: Path; readonly body: Shape; readonly shortcut: Shape }
  /** Channels that cannot be divided into groups of one size: those a layer reads, or its own filters. */
  | {
      readonly _tag: 'UnequalGroups'
      readonly at: Path
      readonly what: 'channels' | 'filters'
      readonly got: number
      readonly groups: number
    }
  /** A slice that ends behind the last channel. */
  | { readonly _tag: 'SliceOutside'; readonly at: Path; readonly end: number; readonly channels: number }
  /** A gate's body gives neither a number for each channel nor one for each value. */
  | { readonly _tag: 'GateDiffers'; readonly at: Path; readonly body: Shape; readonly input: Shape }
  | { readonly _tag: 'NoBranches'; readonly at: Path }
  /** The function of a layer of a user's own is missing, or has failed. */
  | FunctionError
  | { readonly _tag: 'TwoOfOneName'; readonly at: Path; readonly name: string }
  | { readonly _tag: 'BadName'; readonly at: Path; readonly name: string }
