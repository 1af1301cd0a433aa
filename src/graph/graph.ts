/**
 * Primitive operations as values: an immutable graph in which every node has its shape and its inputs.
 * Every value is a float32 array; engines are not known here.
 */

import { sumBy } from '../io/count.js'
import { channelsOf, type Shape } from '../net/shape.js'
import type { Extent, Padding } from '../net/tree.js'

/** How a window slides. */
export interface Window {
  readonly stride: Extent
  readonly dilation: number
  readonly padding: Padding
}

export interface PoolWindow extends Window {
  readonly size: Extent
}

/**
 * Every operation there is. Maps are [batch, height, width, channels], kernels [height, width, in, out].
 * Some have several results: the value is the first, `splitPart` gives the others.
 */
export type Op =
  | { readonly kind: 'input'; readonly name: string }
  /** A variable as it was when the call began. */
  | { readonly kind: 'weight'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: number }
  /** 1 on the diagonal of a square, else 0. */
  | { readonly kind: 'eye' }
  | { readonly kind: 'part'; readonly index: number }
  /** x, kernel → y; a convolution whose kernel reads a part of x's channels, in groups, is for exporters alone. */
  | { readonly kind: 'conv' | 'depthwise'; readonly window: Window }
  /** ∂y, kernel, x → ∂x; of x only the shape is used. */
  | { readonly kind: 'convInput' | 'depthwiseInput'; readonly window: Window }
  /** ∂y, x, kernel → ∂kernel; of the kernel only the shape is used. */
  | { readonly kind: 'convKernel' | 'depthwiseKernel'; readonly window: Window }
  | { readonly kind: 'matmul'; readonly transposeA: boolean; readonly transposeB: boolean }
  /** x, scale, shift → y, batch mean, batch variance (divided by n−1, as running statistics want it). */
  | { readonly kind: 'batchNorm'; readonly epsilon: number }
  /** ∂y, x, scale, the batchNorm → ∂x, ∂scale, ∂shift */
  | { readonly kind: 'batchNormGrad'; readonly epsilon: number }
  /** x, scale, shift, mean, variance → y, by fixed statistics. */
  | { readonly kind: 'normalise'; readonly epsilon: number }
  | { readonly kind: 'maxPool'; readonly window: PoolWindow }
  /** Of each window's part on the map, or of it all where padding counts as zeros. */
  | { readonly kind: 'avgPool'; readonly window: PoolWindow; readonly countPadding: boolean }
  /** ∂y, x, y → ∂x, to the first maximum of each window. */
  | { readonly kind: 'maxPoolGrad'; readonly window: PoolWindow }
  /** ∂y, x → ∂x; of x only the shape is used. */
  | { readonly kind: 'avgPoolGrad'; readonly window: PoolWindow; readonly countPadding: boolean }
  | { readonly kind: Unary }
  /** ∂y, y → ∂x */
  | { readonly kind: 'reluGrad' | 'relu6Grad' }
  | { readonly kind: Binary }
  /** Over these axes, which stay with size 1 where `keep`. */
  | { readonly kind: 'sum'; readonly axes: readonly number[]; readonly keep: boolean }
  | { readonly kind: 'reshape' | 'broadcast' }
  /** Along the last axis. */
  | { readonly kind: 'concat' }
  /** The last axis, `from` on, as many as the shape says. */
  | { readonly kind: 'slice'; readonly from: number }
  /** Along the last axis, equal groups interleaved: the first value of each, then the second of each, … */
  | { readonly kind: 'shuffle'; readonly groups: number }
  /** Along the last axis. */
  | { readonly kind: 'softmax' }
  /** logits, targets (each row a distribution) → loss a row, ∂logits */
  | { readonly kind: 'crossEntropy' }
  /** Of a symmetric positive matrix. */
  | { readonly kind: 'inverse' }
  /** 1 at the `count` largest of a vector (those equal to the last too), else 0; no gradient. */
  | { readonly kind: 'largest'; readonly count: number }
  /** The value itself, through which no gradient passes. */
  | { readonly kind: 'stop' }
  /** The sum of the values that the workers of a cluster have; each sum of a call has a key of its own. */
  | { readonly kind: 'allReduce'; readonly workers: number; readonly key: number }
  | Update

/** An update of a variable; its value is the variable after the update. */
export type Update =
  /** value → the variable */
  | { readonly kind: 'assign'; readonly name: string }
  /** value → keep · old + (1 − keep) · value */
  | { readonly kind: 'average'; readonly name: string; readonly keep: number }
  /** gradient, rate; velocity v ← momentum · v + g, then w ← w − rate · v, or − rate · (g + momentum · v). */
  | {
      readonly kind: 'momentum'
      readonly name: string
      readonly momentum: number
      readonly nesterov: boolean
    }
  /** gradient, rate, β₁ᵗ, β₂ᵗ */
  | {
      readonly kind: 'adam'
      readonly name: string
      readonly beta1: number
      readonly beta2: number
      readonly epsilon: number
    }

/** Operations on one value, element by element. */
export type Unary =
  | 'relu'
  | 'relu6'
  | 'sigmoid'
  | 'tanh'
  | 'erf'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'square'
  | 'abs'
  | 'sign'
  | 'neg'
/** Operations on two values, element by element; one is broadcast to the shape of the other. */
export type Binary = 'add' | 'sub' | 'mul' | 'div' | 'minimum' | 'maximum' | 'greater'

/** The name of an operation. */
export type Kind = Op['kind']

/** The output of an operation on other values. */
export interface Value {
  readonly op: Op
  readonly inputs: readonly Value[]
  readonly shape: Shape
}

/** The operation of one kind. */
export type OpOf<K extends Kind, O extends Op = Op> = O extends Op
  ? K extends O['kind']
    ? O & { readonly kind: K }
    : never
  : never

/** What a call computes, and which variables it updates. */
export interface Graph {
  readonly outputs: Readonly<Record<string, Value>>
  readonly updates: readonly Value[]
}

/** Calls over one set of variables. */
export type Program = Readonly<Record<string, Graph>>

/** Every value once, its inputs before it: the list an engine runs. `inputsOf`: those that are looked for. */
export const topologicalOrder = (
  roots: readonly Value[],
  inputsOf = ({ inputs }: Value): readonly Value[] => inputs,
): readonly Value[] => {
  const done = new Set<Value>()
  const stack = [...roots].reverse()
  while (stack.length > 0) {
    const value = stack.at(-1) as Value // the loop's condition
    const missing = done.has(value) ? [] : inputsOf(value).filter(input => !done.has(input))
    if (missing.length === 0) done.add(value)
    if (done.has(value)) stack.pop()
    else stack.push(...missing.reverse())
  }
  return [...done]
}

/** Every value of a graph once, its inputs before it. */
export const valuesOf = (graph: Graph): readonly Value[] =>
  topologicalOrder([...Object.values(graph.outputs), ...graph.updates])

/** Names of the slots an update keeps beside its variable, each of the variable's shape. */
export const slotsOf = (op: Op): readonly string[] =>
  op.kind === 'momentum'
    ? [`${op.name}/velocity`]
    : op.kind === 'adam'
      ? [`${op.name}/first`, `${op.name}/second`]
      : []

/** Every variable that a program reads or updates, with its shape. */
export const variablesOf = (program: Program): Readonly<Record<string, Shape>> => {
  const named = (value: Value): readonly (readonly [string, Shape])[] => {
    const { op } = value
    return op.kind === 'weight' || isUpdate(op)
      ? [op.name, ...slotsOf(op)].map(name => [name, value.shape] as const)
      : []
  }
  return Object.fromEntries(Object.values(program).flatMap(valuesOf).flatMap(named))
}

export const isUpdate = (op: Op): op is Update =>
  op.kind === 'assign' || op.kind === 'average' || op.kind === 'momentum' || op.kind === 'adam'

/** Every input a graph is fed, with its shape. */
export const inputsOf = (graph: Graph): Readonly<Record<string, Shape>> =>
  Object.fromEntries(
    valuesOf(graph).flatMap(({ op, shape }) => (op.kind === 'input' ? [[op.name, shape] as const] : [])),
  )

/** The channels of the inputs before one: where its own begin in a concat of all. */
export const channelsBefore = (inputs: readonly Value[], nth: number): number =>
  sumBy(inputs.slice(0, nth), ({ shape }) => channelsOf(shape))

/** The same operation on other inputs, for transforms of graphs. */
export const withInputs = ({ op }: Value, inputs: readonly Value[], shape: Shape): Value =>
  Object.freeze({ op, inputs, shape })
