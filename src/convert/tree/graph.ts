/** A graph of layers as any format describes it: each by name, with the names of its inputs. */
import type { Shape } from '../../net/shape.js'
import type { ImportError, NotATreeReason } from '../error.js'

export interface LayerNode {
  readonly name: string
  /** The format's word for its kind: a class or an operator. */
  readonly className: string
  /** The names of its inputs, in order; empty for the start alone. */
  readonly from: readonly string[]
  /** Whether a second copy of it computes the same: it has no weights and draws no random numbers. */
  readonly isCopyable: boolean
}

export interface LayerGraph<N extends LayerNode> {
  readonly name: string
  readonly input: Shape
  readonly nodes: ReadonlyMap<string, N>
  /** The names of the node that stands for the images, and of the one that gives the outputs. */
  readonly start: string
  readonly end: string
}

/** A graph that no tree can hold, at one of its layers. */
export const notATree = (at: string, reason: NotATreeReason): ImportError => ({
  _tag: 'NotATree',
  at,
  reason,
})
