/** What can be wrong with a net, as facts; the words for people are in `report/prose`. */
import type { DecodeError } from '../io/codec.js'
import type { Path } from './path.js'
import type { Rank, Shape } from './shape.js'

/** A store that is not the net's: a weight it lacks, or holds in another shape, or one the net does not know. */
export interface WeightError {
  readonly _tag: 'WrongWeight'
  readonly key: string
  readonly wanted: Shape | null
  readonly got: Shape | null
}

/** What there may be too many of. */
export type Excess =
  | 'filters'
  | 'units'
  | 'channels'
  | 'values'
  | 'padded values'
  | 'weights'
  | 'layers'
  | 'levels'

/** Why a net does not fit, with the path of the layer. */
export type NetError =
  /** A map where a vector is wanted, or the other way round. */
  | { readonly _tag: 'WrongRank'; readonly at: Path; readonly wanted: Rank; readonly got: Shape }
  /** A record that is no layer's or net's: an option it does not have, or one of the wrong kind. */
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
  /** The branches of a concat differ in height or width. */
  | {
      readonly _tag: 'BranchesDiffer'
      readonly at: Path
      readonly branch: Path
      readonly got: Shape
      readonly wanted: Shape
    }
  /** A residual's body and shortcut differ in shape. */
  | { readonly _tag: 'SumDiffers'; readonly at: Path; readonly body: Shape; readonly shortcut: Shape }
  | { readonly _tag: 'NoBranches'; readonly at: Path }
  | { readonly _tag: 'TwoOfOneName'; readonly at: Path; readonly name: string }
  | { readonly _tag: 'BadName'; readonly at: Path; readonly name: string }
