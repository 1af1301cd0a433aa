/** Why growing may change what a net computes. */
import type { Path } from '../../net/path.js'

/** Why a grown net cannot compute what it did before. */
export type Unpreserved =
  /** The new module has no way to pass on all the channels of its input. */
  | { readonly _tag: 'NoPassthrough'; readonly at: Path; readonly channels: number }
  /** A layer norm normalises new channels together with the old. */
  | { readonly _tag: 'Normalised'; readonly at: Path }

/** Why a grown model computes something else than before. */
export type Inexact =
  | Unpreserved
  /** The options asked for it. */
  | { readonly _tag: 'Noisy' }
  | { readonly _tag: 'Scratch' }
