/** A TensorFlow graph as plain data: nodes that name the nodes they read. How it is written to bytes is not known here. */
import type { Shape } from '../../../net/shape.js'

/** One output of a node: its name for the first, `name:1` for the second; `^name` waits for it and reads nothing. */
export type Ref = string

/** Numbers of TensorFlow's `types.proto`. */
export const float32 = 1
export const int32 = 3
export const bool = 10

export type Attr =
  | { readonly _tag: 'type'; readonly type: number }
  | { readonly _tag: 'int'; readonly int: number }
  | { readonly _tag: 'float'; readonly float: number }
  | { readonly _tag: 'bool'; readonly bool: boolean }
  | { readonly _tag: 'text'; readonly text: string }
  | { readonly _tag: 'ints'; readonly ints: readonly number[] }
  | { readonly _tag: 'texts'; readonly texts: readonly string[] }
  /** A size of −1 is not known yet. */
  | { readonly _tag: 'shape'; readonly shape: Shape }
  | { readonly _tag: 'tensor'; readonly shape: Shape; readonly data: Float32Array | Int32Array }

export type Attrs = Readonly<Record<string, Attr>>

/** What TensorFlow calls a NodeDef. */
export interface GraphNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly Ref[]
  readonly attrs: Attrs
  /** As in `/device:GPU:0`; left to TensorFlow where it is not told. */
  readonly device?: string
}

export const type = (of: number): Attr => ({ _tag: 'type', type: of })
export const int = (value: number): Attr => ({ _tag: 'int', int: value })
export const float = (value: number): Attr => ({ _tag: 'float', float: value })
export const flag = (value: boolean): Attr => ({ _tag: 'bool', bool: value })
export const text = (value: string): Attr => ({ _tag: 'text', text: value })
export const ints = (values: readonly number[]): Attr => ({ _tag: 'ints', ints: values })
export const shape = (sizes: Shape): Attr => ({ _tag: 'shape', shape: sizes })
export const tensor = (sizes: Shape, data: Float32Array | Int32Array): Attr => ({
  _tag: 'tensor',
  shape: sizes,
  data,
})

/** The type attribute of most operations. */
export const floats: Attrs = Object.freeze({ T: type(float32) })

/** A control input: waits for the node, whichever of its outputs `ref` names. */
export const after = (ref: Ref): Ref => `^${ref.replace(/:\d+$/, '')}`
