/** An ONNX graph as plain data. Its encoding is not known here. */
import type { Shape } from '../../../net/shape.js'

/** The name of a tensor. */
export type Ref = string

export type Attr =
  | { readonly _tag: 'int'; readonly int: number }
  | { readonly _tag: 'float'; readonly float: number }
  | { readonly _tag: 'ints'; readonly ints: readonly number[] }

export type Attrs = Readonly<Record<string, Attr>>

export interface OnnxNode {
  /** The name of the node and of its output. */
  readonly name: Ref
  readonly op: string
  readonly inputs: readonly Ref[]
  readonly attrs: Attrs
  /** Further outputs, behind the one of the node's name. */
  readonly others?: readonly Ref[]
}

export interface Constant {
  readonly name: Ref
  readonly shape: Shape
  readonly data: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array
}

export interface FloatConstant extends Constant {
  readonly data: Float32Array
}

export const isFloatConstant = (constant: Constant | undefined): constant is FloatConstant =>
  constant?.data instanceof Float32Array

/** A size of −1 is left open. */
export interface Port {
  readonly name: Ref
  readonly shape: Shape
}

export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly constants: readonly Constant[]
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
}

export const int = (value: number): Attr => ({ _tag: 'int', int: value })
export const float = (value: number): Attr => ({ _tag: 'float', float: value })
export const ints = (values: readonly number[]): Attr => ({ _tag: 'ints', ints: values })

/** ONNX's number for the element type. */
export const float32 = 1
