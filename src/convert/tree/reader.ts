/** What assembly asks of a format: how its nodes are named, read and joined. */
import type * as E from 'fp-ts/lib/Either.js'
import type { DecodeError } from '../../io/codec.js'
import type { ImportError } from '../error.js'
import type { LayerNode } from './graph.js'
import type { Names } from './names.js'
import type { Join, Part } from './part.js'

/** How a format's nodes are read. */
export interface Reader<N extends LayerNode> {
  /** The names of a path that a node's name stands for. */
  readonly names: (node: N) => Names
  /** What a node of one input becomes. */
  readonly parts: (node: N) => E.Either<ImportError, readonly Part[]>
  /** How a node of several inputs joins them. */
  readonly join: (node: N) => E.Either<ImportError, Join>
}

/** A node whose option differs from those that are supported. */
export const layerDiffers = (
  { name, className }: Pick<LayerNode, 'name' | 'className'>,
  fault: DecodeError,
): ImportError => ({
  _tag: 'LayerDiffers',
  at: name,
  className,
  fault,
})
