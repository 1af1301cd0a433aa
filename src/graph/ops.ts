/** Constructors of primitive operations: each works out its shape. Greek and axes as in the papers cited. */
import { positions, spanOf } from '../net/infer.js'
import { channelsOf, type Shape, sizeOf } from '../net/shape.js'
import type { Binary, Op, PoolWindow, Unary, Value, Window } from './value.js'

const node = (op: Op, inputs: readonly Value[], shape: Shape): Value => Object.freeze({ op, inputs, shape })

export const input = (name: string, shape: Shape): Value => node({ kind: 'input', name }, [], shape)
export const weight = (name: string, shape: Shape): Value => node({ kind: 'weight', name }, [], shape)
export const constant = (value: number): Value => node({ kind: 'constant', value }, [], [])
export const eye = (size: number): Value => node({ kind: 'eye' }, [], [size, size])
export const part = (index: number, value: Value, shape: Shape): Value =>
  node({ kind: 'part', index }, [value], shape)

/** Sizes of a window's positions over x [n, h, w, c]. */
const slid = (x: Value, size: number, { stride, dilation, padding }: Window, channels: number): Shape => {
  const [images = 0, height = 0, width = 0] = x.shape
  const along = (side: number) => positions(side, spanOf(size, dilation), stride, padding)
  return [images, along(height), along(width), channels]
}

/** Shapes  x [n, h, w, c], kernel [k, k, c, f] → [n, h′, w′, f] */
export const conv = (x: Value, kernel: Value, window: Window): Value =>
  node({ kind: 'conv', window }, [x, kernel], slid(x, kernel.shape[0] ?? 1, window, channelsOf(kernel.shape)))

export const convInput = (dy: Value, kernel: Value, x: Value, window: Window): Value =>
  node({ kind: 'convInput', window }, [dy, kernel, x], x.shape)

export const convKernel = (dy: Value, x: Value, kernel: Value, window: Window): Value =>
  node({ kind: 'convKernel', window }, [dy, x, kernel], kernel.shape)

/** Shapes  x [n, h, w, c], kernel [k, k, c, 1] → [n, h′, w′, c] */
export const depthwise = (x: Value, kernel: Value, window: Window): Value =>
  node({ kind: 'depthwise', window }, [x, kernel], slid(x, kernel.shape[0] ?? 1, window, channelsOf(x.shape)))

export const depthwiseInput = (dy: Value, kernel: Value, x: Value, window: Window): Value =>
  node({ kind: 'depthwiseInput', window }, [dy, kernel, x], x.shape)

export const depthwiseKernel = (dy: Value, x: Value, kernel: Value, window: Window): Value =>
  node({ kind: 'depthwiseKernel', window }, [dy, x, kernel], kernel.shape)

/** Shapes  [m, k] · [k, n] → [m, n], each transposed first where told */
export const matmul = (a: Value, b: Value, { transposeA = false, transposeB = false } = {}): Value => {
  const rows = a.shape[transposeA ? 1 : 0] ?? 0
  const columns = b.shape[transposeB ? 0 : 1] ?? 0
  return node({ kind: 'matmul', transposeA, transposeB }, [a, b], [rows, columns])
}

/** By the batch's own statistics, over all axes but the last. */
export const batchNorm = (x: Value, scale: Value, shift: Value, epsilon: number): Value =>
  node({ kind: 'batchNorm', epsilon }, [x, scale, shift], x.shape)

/** ∂x; parts 1 and 2 are ∂scale and ∂shift. */
export const batchNormGrad = (dy: Value, x: Value, scale: Value, norm: Value, epsilon: number): Value =>
  node({ kind: 'batchNormGrad', epsilon }, [dy, x, scale, norm], x.shape)

/** By statistics known before. */
export const normalise = (
  x: Value,
  scale: Value,
  shift: Value,
  mean: Value,
  variance: Value,
  epsilon: number,
): Value => node({ kind: 'normalise', epsilon }, [x, scale, shift, mean, variance], x.shape)

const pool =
  (kind: 'maxPool' | 'avgPool') =>
  (x: Value, window: PoolWindow): Value =>
    node({ kind, window }, [x], slid(x, window.size, window, channelsOf(x.shape)))

export const maxPool = pool('maxPool')
export const avgPool = pool('avgPool')

export const maxPoolGrad = (dy: Value, x: Value, y: Value, window: PoolWindow): Value =>
  node({ kind: 'maxPoolGrad', window }, [dy, x, y], x.shape)

export const avgPoolGrad = (dy: Value, x: Value, window: PoolWindow): Value =>
  node({ kind: 'avgPoolGrad', window }, [dy, x], x.shape)

const unary =
  (kind: Unary) =>
  (x: Value): Value =>
    node({ kind }, [x], x.shape)

export const relu = unary('relu')
export const relu6 = unary('relu6')
export const sigmoid = unary('sigmoid')
export const tanh = unary('tanh')
export const exp = unary('exp')
export const log = unary('log')
export const sqrt = unary('sqrt')
export const square = unary('square')
export const abs = unary('abs')
export const sign = unary('sign')
export const neg = unary('neg')

export const reluGrad = (dy: Value, y: Value): Value => node({ kind: 'reluGrad' }, [dy, y], y.shape)
export const relu6Grad = (dy: Value, y: Value): Value => node({ kind: 'relu6Grad' }, [dy, y], y.shape)

/** The shape two shapes meet in: axes are matched from the last, a size 1 stretches. */
const meeting = (a: Shape, b: Shape): Shape => {
  const rank = Math.max(a.length, b.length)
  const size = (shape: Shape, axis: number) => shape[axis - rank + shape.length] ?? 1
  return Array.from({ length: rank }, (_, axis) => Math.max(size(a, axis), size(b, axis)))
}

const lift = (x: Value | number): Value => (typeof x === 'number' ? constant(x) : x)

const binary =
  (kind: Binary) =>
  (a: Value | number, b: Value | number): Value => {
    const [left, right] = [lift(a), lift(b)]
    return node({ kind }, [left, right], meeting(left.shape, right.shape))
  }

export const add = binary('add')
export const sub = binary('sub')
export const mul = binary('mul')
export const div = binary('div')
export const minimum = binary('minimum')
export const maximum = binary('maximum')
/** 1 where a > b, else 0; no gradient. */
export const greater = binary('greater')

const everyAxis = (x: Value): readonly number[] => x.shape.map((_, axis) => axis)

/** Over all axes unless told; `keep` leaves them with size 1. */
export const sum = (x: Value, axes: readonly number[] = everyAxis(x), keep = false): Value =>
  node(
    { kind: 'sum', axes, keep },
    [x],
    keep
      ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
      : x.shape.filter((_, axis) => !axes.includes(axis)),
  )

export const mean = (x: Value, axes: readonly number[] = everyAxis(x), keep = false): Value =>
  mul(sum(x, axes, keep), 1 / axes.reduce((count, axis) => count * (x.shape[axis] ?? 1), 1))

export const reshape = (x: Value, shape: Shape): Value => node({ kind: 'reshape' }, [x], shape)
export const broadcast = (x: Value, shape: Shape): Value => node({ kind: 'broadcast' }, [x], shape)
export const zeros = (shape: Shape): Value => broadcast(constant(0), shape)

/** Along the last axis. */
export const concat = (values: readonly Value[]): Value =>
  node({ kind: 'concat' }, values, [
    ...(values[0]?.shape.slice(0, -1) ?? []),
    values.reduce((channels, { shape }) => channels + channelsOf(shape), 0),
  ])

/** `size` values of the last axis, the first of them at `from`. */
export const slice = (x: Value, from: number, size: number): Value =>
  node({ kind: 'slice', from }, [x], [...x.shape.slice(0, -1), size])

export const softmax = (x: Value): Value => node({ kind: 'softmax' }, [x], x.shape)

/** −Σ targets · log softmax(logits), a row at a time. Shapes  [n, c], [n, c] → [n] */
export const crossEntropy = (logits: Value, targets: Value): Value =>
  node({ kind: 'crossEntropy' }, [logits, targets], logits.shape.slice(0, -1))

export const inverse = (x: Value): Value => node({ kind: 'inverse' }, [x], x.shape)
export const largest = (x: Value, count: number): Value => node({ kind: 'largest', count }, [x], x.shape)
export const stop = (x: Value): Value => node({ kind: 'stop' }, [x], x.shape)

export const assign = (name: string, value: Value): Value =>
  node({ kind: 'assign', name }, [value], value.shape)

export const average = (name: string, value: Value, keep: number): Value =>
  node({ kind: 'average', name, keep }, [value], value.shape)

export const momentum = (
  name: string,
  gradient: Value,
  rate: Value,
  options: { readonly momentum: number; readonly nesterov: boolean },
): Value => node({ kind: 'momentum', name, ...options }, [gradient, rate], gradient.shape)

export const adam = (
  name: string,
  gradient: Value,
  rate: Value,
  powers: readonly [beta1: Value, beta2: Value],
  options: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): Value => node({ kind: 'adam', name, ...options }, [gradient, rate, ...powers], gradient.shape)

/** How many values there are, as a number. */
export const countOf = (x: Value): number => sizeOf(x.shape)
