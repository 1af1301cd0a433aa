/**
 * What each operation passes back to its inputs. Two rule sets share one reverse pass:
 * `gradient` for training, `deconvolution` for the trace. They differ at the rectifier alone.
 */
import { channelsOf, isSameShape, type Shape } from '../net/shape.js'
import type { Kind, OpOf, Value } from './graph.js'
import * as op from './operations.js'

/** The signal to each input; `null` where none flows. `y` is the operation's own value. */
export type Rule<K extends Kind> = (
  dy: Value,
  y: Value & { readonly op: OpOf<K> },
  ...inputs: readonly Value[]
) => readonly (Value | null)[]

/** A rule for every kind of operation. */
export type Rules = { readonly [K in Kind]: Rule<K> }

const none = () => []

/** Sums over the axes along which `shape` was stretched. */
const unstretch = (dy: Value, shape: Shape): Value => {
  if (isSameShape(dy.shape, shape)) return dy
  const lead = dy.shape.length - shape.length
  const axes = dy.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
  )
  return op.reshape(op.sum(dy, axes), shape)
}

/** Both sides of an operation that stretches. */
const stretched =
  (
    left: (dy: Value, a: Value, b: Value, y: Value) => Value,
    right: (dy: Value, a: Value, b: Value, y: Value) => Value,
  ) =>
  (dy: Value, y: Value, ...[a, b]: readonly Value[]): readonly Value[] =>
    a === undefined || b === undefined
      ? []
      : [unstretch(left(dy, a, b, y), a.shape), unstretch(right(dy, a, b, y), b.shape)]

/** An operation with one input. */
const single =
  <K extends Kind>(back: (dy: Value, x: Value, y: Value & { readonly op: OpOf<K> }) => Value) =>
  (dy: Value, y: Value & { readonly op: OpOf<K> }, x: Value = y): readonly Value[] => [back(dy, x, y)]

const twice = (x: Value): Value => op.add(x, x)

/** Keeps summed axes with size 1, so that the signal stretches back over them. */
const kept = (dy: Value, x: Value, axes: readonly number[]): Value =>
  op.reshape(
    dy,
    x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  )

/** Each of `values` takes its range of the last axis back. */
const split = (dy: Value, values: readonly Value[]): readonly Value[] =>
  values.map((value, nth) => {
    const from = values.slice(0, nth).reduce((sum, { shape }) => sum + channelsOf(shape), 0)
    return op.slice(dy, from, channelsOf(value.shape))
  })

/** Puts zeros on both sides of the last axis. */
const padded = (dy: Value, x: Value, from: number): Value => {
  const rest = channelsOf(x.shape) - from - channelsOf(dy.shape)
  const blank = (size: number) => (size === 0 ? [] : [op.zeros([...x.shape.slice(0, -1), size])])
  return op.concat([...blank(from), dy, ...blank(rest)])
}

/** Of A·B with the transposes told. */
const product: Rule<'matmul'> = (dy, { op: { transposeA, transposeB } }, ...[a, b]) =>
  a === undefined || b === undefined
    ? []
    : [
        transposeA
          ? op.matmul(b, dy, { transposeA: transposeB, transposeB: true })
          : op.matmul(dy, b, { transposeB: !transposeB }),
        transposeB
          ? op.matmul(dy, a, { transposeA: true, transposeB: transposeA })
          : op.matmul(a, dy, { transposeA: !transposeA }),
      ]

/** γ/√(σ²+ε): what fixed statistics multiply by. */
const slope = (scale: Value, variance: Value, epsilon: number): Value =>
  op.div(scale, op.sqrt(op.add(variance, epsilon)))

const lead = (x: Value): readonly number[] => x.shape.slice(0, -1).map((_, axis) => axis)

const normalised: Rule<'normalise'> = (dy, { op: { epsilon } }, ...[x, scale, , mean, variance]) => {
  if (x === undefined || scale === undefined || mean === undefined || variance === undefined) return []
  const unit = op.div(op.sub(x, mean), op.sqrt(op.add(variance, epsilon)))
  return [
    op.mul(dy, slope(scale, variance, epsilon)),
    op.sum(op.mul(dy, unit), lead(x)),
    op.sum(dy, lead(x)),
    null,
    null,
  ]
}

const normed: Rule<'batchNorm'> = (dy, y, ...[x = y, scale = y]) => {
  const back = op.batchNormGrad(dy, x, scale, y, y.op.epsilon)
  return [back, op.splitPart(1, back, scale.shape), op.splitPart(2, back, scale.shape)]
}

/** True derivatives. Law  equal to finite differences, and to tfjs' own gradients */
export const gradient: Rules = {
  input: none,
  weight: none,
  constant: none,
  eye: none,
  part: none,
  conv: (dy, { op: { window } }, x = dy, kernel = dy) => [
    op.convInput(dy, kernel, x, window),
    op.convKernel(dy, x, kernel, window),
  ],
  depthwise: (dy, { op: { window } }, x = dy, kernel = dy) => [
    op.depthwiseInput(dy, kernel, x, window),
    op.depthwiseKernel(dy, x, kernel, window),
  ],
  matmul: product,
  batchNorm: normed,
  normalise: normalised,
  maxPool: single<'maxPool'>((dy, x, y) => op.maxPoolGrad(dy, x, y, y.op.window)),
  avgPool: single<'avgPool'>((dy, x, y) => op.avgPoolGrad(dy, x, y.op.window)),
  relu: single((dy, _, y) => op.reluGrad(dy, y)),
  relu6: single((dy, _, y) => op.relu6Grad(dy, y)),
  sigmoid: single((dy, _, y) => op.mul(dy, op.mul(y, op.sub(1, y)))),
  tanh: single((dy, _, y) => op.mul(dy, op.sub(1, op.square(y)))),
  exp: single((dy, _, y) => op.mul(dy, y)),
  log: single((dy, x) => op.div(dy, x)),
  sqrt: single((dy, _, y) => op.div(dy, twice(y))),
  square: single((dy, x) => op.mul(dy, twice(x))),
  abs: single((dy, x) => op.mul(dy, op.sign(x))),
  neg: single(dy => op.neg(dy)),
  add: stretched(
    dy => dy,
    dy => dy,
  ),
  sub: stretched(
    dy => dy,
    dy => op.neg(dy),
  ),
  mul: stretched(
    (dy, _, b) => op.mul(dy, b),
    (dy, a) => op.mul(dy, a),
  ),
  div: stretched(
    (dy, _, b) => op.div(dy, b),
    (dy, _, b, y) => op.neg(op.div(op.mul(dy, y), b)),
  ),
  minimum: stretched(
    (dy, a, b) => op.mul(dy, op.sub(1, op.greater(a, b))),
    (dy, a, b) => op.mul(dy, op.greater(a, b)),
  ),
  maximum: stretched(
    (dy, a, b) => op.mul(dy, op.sub(1, op.greater(b, a))),
    (dy, a, b) => op.mul(dy, op.greater(b, a)),
  ),
  sum: single<'sum'>((dy, x, y) => op.broadcast(kept(dy, x, y.op.axes), x.shape)),
  reshape: single((dy, x) => op.reshape(dy, x.shape)),
  broadcast: single((dy, x) => unstretch(dy, x.shape)),
  concat: (dy, _, ...values) => split(dy, values),
  slice: single<'slice'>((dy, x, y) => padded(dy, x, y.op.from)),
  softmax: single((dy, _, y) => op.mul(y, op.sub(dy, op.sum(op.mul(dy, y), [y.shape.length - 1], true)))),
  crossEntropy: (dy, y, logits = y) => [
    op.mul(op.reshape(dy, [...dy.shape, 1]), op.splitPart(1, y, logits.shape)),
    null,
  ],
  inverse: single((dy, _, y) =>
    op.neg(op.matmul(op.matmul(y, dy, { transposeA: true }), y, { transposeB: true })),
  ),
  sign: none,
  greater: none,
  largest: none,
  stop: none,
  convInput: none,
  convKernel: none,
  depthwiseInput: none,
  depthwiseKernel: none,
  batchNormGrad: none,
  maxPoolGrad: none,
  avgPoolGrad: none,
  reluGrad: none,
  relu6Grad: none,
  assign: none,
  average: none,
  momentum: none,
  adam: none,
}

/**
 * The trace's rules: the rectifier passes what is positive in the signal itself, whatever it passed forward.
 *
 * Source  Zeiler and Fergus 2014; Tian, Arbel, Clark 2021 (CVIU)
 */
export const deconvolution: Rules = {
  ...gradient,
  relu: single(dy => op.relu(dy)),
  relu6: single(dy => op.relu(dy)),
}
