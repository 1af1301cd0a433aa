/** Constructors of primitive operations, which infer their shapes. */
import { sumBy } from '../io/count.js'
import { elementAt } from '../io/element.js'
import { channelsOf, type Shape, sizeOf } from '../net/shape.js'
import { type Sides, slidesOf } from '../net/window.js'
import type { Binary, Op, PoolWindow, Unary, Value, Window } from './graph.js'

const node = (op: Op, inputs: readonly Value[], shape: Shape): Value => Object.freeze({ op, inputs, shape })

/** An input that a call is fed under this name. */
export const input = (name: string, shape: Shape): Value => node({ kind: 'input', name }, [], shape)
/** A variable as it was when the call began. */
export const weight = (name: string, shape: Shape): Value => node({ kind: 'weight', name }, [], shape)
/** A number. */
export const constant = (value: number): Value => node({ kind: 'constant', value }, [], [])
/** 1 on the diagonal, else 0. Shapes  → [size, size] */
export const eye = (size: number): Value => node({ kind: 'eye' }, [], [size, size])
/** Another result of an operation with several. */
export const splitPart = (index: number, value: Value, shape: Shape): Value =>
  node({ kind: 'part', index }, [value], shape)

/** The shape of a window's outputs over x [n, h, w, c]. */
const windowShape = (x: Value, window: PoolWindow, channels: number): Shape => {
  const [images = 0, ...map] = x.shape
  return [images, ...slidesOf(map, window).map(({ positions }) => positions), channels]
}

/** The sides of a kernel's window. */
const kernelSides = ({ shape: [height = 1, width = 1] }: Value): Sides => [height, width]

/** Shapes  x [n, h, w, c], kernel [k, k, c, f] → [n, h′, w′, f] */
export const conv = (x: Value, kernel: Value, window: Window): Value =>
  node(
    { kind: 'conv', window },
    [x, kernel],
    windowShape(x, { ...window, size: kernelSides(kernel) }, channelsOf(kernel.shape)),
  )

/** ∂x of `conv`; of x only the shape is used. */
export const convInput = (dy: Value, kernel: Value, x: Value, window: Window): Value =>
  node({ kind: 'convInput', window }, [dy, kernel, x], x.shape)

/** ∂kernel of `conv`; of the kernel only the shape is used. */
export const convKernel = (dy: Value, x: Value, kernel: Value, window: Window): Value =>
  node({ kind: 'convKernel', window }, [dy, x, kernel], kernel.shape)

/** Shapes  x [n, h, w, c], kernel [k, k, c, 1] → [n, h′, w′, c] */
export const depthwise = (x: Value, kernel: Value, window: Window): Value =>
  node(
    { kind: 'depthwise', window },
    [x, kernel],
    windowShape(x, { ...window, size: kernelSides(kernel) }, channelsOf(x.shape)),
  )

/** ∂x of `depthwise`; of x only the shape is used. */
export const depthwiseInput = (dy: Value, kernel: Value, x: Value, window: Window): Value =>
  node({ kind: 'depthwiseInput', window }, [dy, kernel, x], x.shape)

/** ∂kernel of `depthwise`; of the kernel only the shape is used. */
export const depthwiseKernel = (dy: Value, x: Value, kernel: Value, window: Window): Value =>
  node({ kind: 'depthwiseKernel', window }, [dy, x, kernel], kernel.shape)

/** Shapes  [m, k] · [k, n] → [m, n], each transposed first where options say so */
export const matmul = (a: Value, b: Value, { transposeA = false, transposeB = false } = {}): Value => {
  const shape = [elementAt(a.shape, transposeA ? 1 : 0), elementAt(b.shape, transposeB ? 0 : 1)]
  return node({ kind: 'matmul', transposeA, transposeB }, [a, b], shape)
}

/** By the batch's own statistics, over all axes but the last. */
export const batchNorm = (x: Value, scale: Value, shift: Value, epsilon: number): Value =>
  node({ kind: 'batchNorm', epsilon }, [x, scale, shift], x.shape)

/** ∂x; parts 1 and 2 are ∂scale and ∂shift. */
export const batchNormGrad = (dy: Value, x: Value, scale: Value, norm: Value, epsilon: number): Value =>
  node({ kind: 'batchNormGrad', epsilon }, [dy, x, scale, norm], x.shape)

/** By given statistics. */
export const normalise = (
  x: Value,
  scale: Value,
  shift: Value,
  mean: Value,
  variance: Value,
  epsilon: number,
): Value => node({ kind: 'normalise', epsilon }, [x, scale, shift, mean, variance], x.shape)

/** The largest value of each window, in which padding takes no part. Shapes  [n, h, w, c] → [n, h′, w′, c] */
export const maxPool = (x: Value, window: PoolWindow): Value =>
  node({ kind: 'maxPool', window }, [x], windowShape(x, window, channelsOf(x.shape)))

/** The mean of each window, padding not counted unless it `countPadding`. Shapes  [n, h, w, c] → [n, h′, w′, c] */
export const avgPool = (x: Value, window: PoolWindow, countPadding = false): Value =>
  node({ kind: 'avgPool', window, countPadding }, [x], windowShape(x, window, channelsOf(x.shape)))

/** ∂x of `maxPool`: all to the first maximum of each window. */
export const maxPoolGrad = (dy: Value, x: Value, y: Value, window: PoolWindow): Value =>
  node({ kind: 'maxPoolGrad', window }, [dy, x, y], x.shape)

/** ∂x of `avgPool`; of x only the shape is used. */
export const avgPoolGrad = (dy: Value, x: Value, window: PoolWindow, countPadding = false): Value =>
  node({ kind: 'avgPoolGrad', window, countPadding }, [dy, x], x.shape)

const unary =
  (kind: Unary) =>
  (x: Value): Value =>
    node({ kind }, [x], x.shape)

/** max(0, x) */
export const relu = unary('relu')
/** min(6, max(0, x)) */
export const relu6 = unary('relu6')
/** 1/(1 + e⁻ˣ) */
export const sigmoid = unary('sigmoid')
/** The hyperbolic tangent. */
export const tanh = unary('tanh')
/** The error function, 2/√π · ∫₀ˣ exp(−t²) dt. */
export const erf = unary('erf')
/** eˣ */
export const exp = unary('exp')
/** The natural logarithm. */
export const log = unary('log')
/** √x */
export const sqrt = unary('sqrt')
/** x² */
export const square = unary('square')
/** |x| */
export const abs = unary('abs')
/** −1, 0 or 1; no gradient. */
export const sign = unary('sign')
/** −x */
export const neg = unary('neg')

/** ∂y where y > 0, else 0. */
export const reluGrad = (dy: Value, y: Value): Value => node({ kind: 'reluGrad' }, [dy, y], y.shape)
/** ∂y where 0 < y < 6, else 0. */
export const relu6Grad = (dy: Value, y: Value): Value => node({ kind: 'relu6Grad' }, [dy, y], y.shape)

/** The shape that two shapes broadcast to: axes are matched from the last, a size 1 is repeated. */
const broadcastShape = (a: Shape, b: Shape): Shape => {
  const rank = Math.max(a.length, b.length)
  const size = (shape: Shape, axis: number) => shape[axis - rank + shape.length] ?? 1
  return Array.from({ length: rank }, (_, axis) => Math.max(size(a, axis), size(b, axis)))
}

const toValue = (x: Value | number): Value => (typeof x === 'number' ? constant(x) : x)

const binary =
  (kind: Binary) =>
  (a: Value | number, b: Value | number): Value => {
    const [left, right] = [toValue(a), toValue(b)]
    return node({ kind }, [left, right], broadcastShape(left.shape, right.shape))
  }

/** a + b, value by value; a size 1 is broadcast. */
export const add = binary('add')
/** a − b, value by value; a size 1 is broadcast. */
export const sub = binary('sub')
/** a · b, value by value; a size 1 is broadcast. */
export const mul = binary('mul')
/** a/b, value by value; a size 1 is broadcast. */
export const div = binary('div')
/** The smaller of a and b, value by value; a size 1 is broadcast. */
export const minimum = binary('minimum')
/** The larger of a and b, value by value; a size 1 is broadcast. */
export const maximum = binary('maximum')
/** 1 where a > b, else 0; no gradient. */
export const greater = binary('greater')

const everyAxis = (x: Value): readonly number[] => x.shape.map((_, axis) => axis)

/** Over all axes by default; `keep` leaves them with size 1. */
export const sum = (x: Value, axes: readonly number[] = everyAxis(x), keep = false): Value =>
  node(
    { kind: 'sum', axes, keep },
    [x],
    keep
      ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
      : x.shape.filter((_, axis) => !axes.includes(axis)),
  )

/** Over all axes by default; `keep` leaves them with size 1. */
export const mean = (x: Value, axes: readonly number[] = everyAxis(x), keep = false): Value =>
  mul(sum(x, axes, keep), 1 / axes.reduce((count, axis) => count * (x.shape[axis] ?? 1), 1))

/** The same values, row by row, under another shape. */
export const reshape = (x: Value, shape: Shape): Value => node({ kind: 'reshape' }, [x], shape)
/** Repeats along axes of size 1, and along new first axes. */
export const broadcast = (x: Value, shape: Shape): Value => node({ kind: 'broadcast' }, [x], shape)
/** 0 throughout. */
export const zeros = (shape: Shape): Value => broadcast(constant(0), shape)

/** Along the last axis. */
export const concat = (values: readonly Value[]): Value =>
  node({ kind: 'concat' }, values, [
    ...(values[0]?.shape.slice(0, -1) ?? []),
    sumBy(values, ({ shape }) => channelsOf(shape)),
  ])

/** `size` values of the last axis, the first of them at `from`. */
export const slice = (x: Value, from: number, size: number): Value =>
  node({ kind: 'slice', from }, [x], [...x.shape.slice(0, -1), size])

/** Interleaves `groups` equal groups of the last axis: the first value of each, then the second of each, … */
export const shuffle = (x: Value, groups: number): Value => node({ kind: 'shuffle', groups }, [x], x.shape)

/** eˣ, scaled to sum to 1 along the last axis. */
export const softmax = (x: Value): Value => node({ kind: 'softmax' }, [x], x.shape)

/** −Σ targets · log softmax(logits), a row at a time. Shapes  [n, c], [n, c] → [n] */
export const crossEntropy = (logits: Value, targets: Value): Value =>
  node({ kind: 'crossEntropy' }, [logits, targets], logits.shape.slice(0, -1))

/** The inverse of a symmetric positive matrix. */
export const inverse = (x: Value): Value => node({ kind: 'inverse' }, [x], x.shape)
/** 1 at the `count` largest of a vector (those equal to the last too), else 0; no gradient. */
export const largest = (x: Value, count: number): Value => node({ kind: 'largest', count }, [x], x.shape)
/** The value itself, through which no gradient passes. */
export const stopGradient = (x: Value): Value => node({ kind: 'stop' }, [x], x.shape)

/** The sum over the workers of a cluster; of one worker the value itself. No gradient: it comes after differentiation. */
export const allReduce = (x: Value, options: { readonly workers: number; readonly key: number }): Value =>
  node({ kind: 'allReduce', ...options }, [x], x.shape)

/** Sets a variable. */
export const assign = (name: string, value: Value): Value =>
  node({ kind: 'assign', name }, [value], value.shape)

/** Moves a variable towards a value: keep · old + (1 − keep) · value. */
export const average = (name: string, value: Value, keep: number): Value =>
  node({ kind: 'average', name, keep }, [value], value.shape)

/** A step of gradient descent with momentum; the velocity is the variable's slot. */
export const momentum = (
  name: string,
  gradient: Value,
  rate: Value,
  options: { readonly momentum: number; readonly nesterov: boolean },
): Value => node({ kind: 'momentum', name, ...options }, [gradient, rate], gradient.shape)

/** A step of Adam; both moments are the variable's slots. Source  Kingma and Ba 2015 */
export const adam = (
  name: string,
  gradient: Value,
  rate: Value,
  powers: readonly [beta1: Value, beta2: Value],
  options: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): Value => node({ kind: 'adam', name, ...options }, [gradient, rate, ...powers], gradient.shape)

/** How many values there are, as a number. */
export const countOf = (x: Value): number => sizeOf(x.shape)
