/** What a format's node becomes: leaves with the sources of their weights, padding, or a join of branches. */
import type { Shape } from '../../net/shape.js'
import type { Leaf, Padding } from '../../net/tree.js'
import type { WeightName } from '../../net/weight-specs.js'

/** A weight's name in the file, or its constant value where the file omits it. */
export type Source =
  | { readonly _tag: 'stored'; readonly name: string }
  | { readonly _tag: 'filled'; readonly value: number }

export type Sources = Readonly<Partial<Record<WeightName, Source>>>

/** A leaf and where its weights are. */
export interface LeafPart {
  readonly _tag: 'leaf'
  /** Follows the node's name where the node becomes several leaves. */
  readonly suffix: readonly string[]
  readonly layer: Leaf
  readonly sources: Sources
  /** The axis that a batch norm normalises; it must be the last. */
  readonly axis: number
  /** The shape that the layer reads, where the format says it. */
  readonly input?: Shape
}

/** Zeros around a map, which the next layer takes as its padding. */
export interface PadPart {
  readonly _tag: 'pad'
  readonly by: Exclude<Padding, 'same' | 'valid'>
}

export type Part = LeafPart | PadPart

/** How a node joins its branches. */
export type Join = 'concat' | 'sum' | 'gate'

export const lastAxis = -1

export const leafPart = (
  layer: Leaf,
  sources: Sources = {},
  suffix: readonly string[] = [],
  axis = lastAxis,
): LeafPart => ({ _tag: 'leaf', suffix, layer, sources, axis })

export const stored = (name: string): Source => ({ _tag: 'stored', name })
export const filled = (value: number): Source => ({ _tag: 'filled', value })
