/** What can be wrong with a net, as facts; the words for people are in `report/prose`. */
import type { Path } from './path.js'
import type { Rank, Shape } from './shape.js'

/** A store that is not the net's: a weight it lacks, or holds in another shape, or one the net does not know. */
export interface WeightError {
  readonly _tag: 'WrongWeight'
  readonly key: string
  readonly wanted: Shape | null
  readonly got: Shape | null
}

/** Why a net does not fit, with the path of the layer. */
export type NetError =
  /** A map where a vector is wanted, or the other way round. */
  | { readonly _tag: 'WrongRank'; readonly at: Path; readonly wanted: Rank; readonly got: Shape }
  /** A size no net can have: `wanted` says what would fit. */
  | {
      readonly _tag: 'WrongSize'
      readonly at: Path
      readonly what: string
      readonly got: number
      readonly wanted: string
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
