/** A TensorFlow graph as plain data. Its encoding is not known here. */
import type { Shape } from '../../../net/shape.js'

/** An output of a node: `name` for the first, `name:1` for the second; `^name` is a control input. */
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
  /** A size of −1 is open. */
  | { readonly _tag: 'shape'; readonly shape: Shape }
  | { readonly _tag: 'tensor'; readonly shape: Shape; readonly data: Float32Array | Int32Array }

export type Attrs = Readonly<Record<string, Attr>>

/** What TensorFlow calls a NodeDef. */
export interface GraphNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly Ref[]
  readonly attrs: Attrs
  /** Such as `/device:GPU:0`; by default TensorFlow chooses. */
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

/** A control input that waits for the node of `ref`. */
export const after = (ref: Ref): Ref => `^${ref.replace(/:\d+$/, '')}`
