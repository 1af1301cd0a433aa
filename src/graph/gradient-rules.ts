/**
 * The signal that each operation passes back to its inputs. Two rule sets share one reverse pass:
 * `gradient` for training, `deconvolution` for the trace. They differ only at ReLU.
 */
import { channelsOf, isSameShape, type Shape } from '../net/shape.js'
import { channelsBefore, type Kind, type OpOf, type Value } from './graph.js'
import * as op from './operations.js'

/** The signal to each input; `null` where there is none. `y` is the operation's output. */
export type Rule<K extends Kind> = (
  dy: Value,
  y: Value & { readonly op: OpOf<K> },
  ...inputs: readonly Value[]
) => readonly (Value | null)[]

/** A rule for every kind of operation. */
export type Rules = { readonly [K in Kind]: Rule<K> }

const none = () => []

/** Sums over the axes along which `shape` was broadcast. */
const sumBroadcast = (dy: Value, shape: Shape): Value => {
  if (isSameShape(dy.shape, shape)) return dy
  const lead = dy.shape.length - shape.length
  const axes = dy.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
  )
  return op.reshape(op.sum(dy, axes), shape)
}

/** The rule of a binary operation with broadcasting. */
const binaryRule =
  (
    left: (dy: Value, a: Value, b: Value, y: Value) => Value,
    right: (dy: Value, a: Value, b: Value, y: Value) => Value,
  ) =>
  (dy: Value, y: Value, ...[a, b]: readonly Value[]): readonly Value[] =>
    a === undefined || b === undefined
      ? []
      : [sumBroadcast(left(dy, a, b, y), a.shape), sumBroadcast(right(dy, a, b, y), b.shape)]

/** The rule of an operation with one input. */
const unaryRule =
  <K extends Kind>(back: (dy: Value, x: Value, y: Value & { readonly op: OpOf<K> }) => Value) =>
  (dy: Value, y: Value & { readonly op: OpOf<K> }, x: Value = y): readonly Value[] => [back(dy, x, y)]

const double = (x: Value): Value => op.add(x, x)

/** Restores summed axes with size 1, so that the signal can be broadcast over them. */
const restoreAxes = (dy: Value, x: Value, axes: readonly number[]): Value =>
  op.reshape(
    dy,
    x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  )

/** The part of the signal that belongs to each of the concatenated values. */
const splitSignal = (dy: Value, values: readonly Value[]): readonly Value[] =>
  values.map((value, nth) => {
    const from = channelsBefore(values, nth)
    return op.slice(dy, from, channelsOf(value.shape))
  })

/** Pads the last axis with zeros on both sides. */
const padSlice = (dy: Value, x: Value, from: number): Value => {
  const rest = channelsOf(x.shape) - from - channelsOf(dy.shape)
  const zeros = (size: number) => (size === 0 ? [] : [op.zeros([...x.shape.slice(0, -1), size])])
  return op.concat([...zeros(from), dy, ...zeros(rest)])
}

/** Of A·B, each transposed or not. */
const matmulRule: Rule<'matmul'> = (dy, { op: { transposeA, transposeB } }, ...[a, b]) =>
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

/** γ/√(σ²+ε): the factor of a normalisation by fixed statistics. */
const normFactor = (scale: Value, variance: Value, epsilon: number): Value =>
  op.div(scale, op.sqrt(op.add(variance, epsilon)))

const leadingAxes = (x: Value): readonly number[] => x.shape.slice(0, -1).map((_, axis) => axis)

const normaliseRule: Rule<'normalise'> = (dy, { op: { epsilon } }, ...[x, scale, , mean, variance]) => {
  if (x === undefined || scale === undefined || mean === undefined || variance === undefined) return []
  const normalized = op.div(op.sub(x, mean), op.sqrt(op.add(variance, epsilon)))
  return [
    op.mul(dy, normFactor(scale, variance, epsilon)),
    op.sum(op.mul(dy, normalized), leadingAxes(x)),
    op.sum(dy, leadingAxes(x)),
    null,
    null,
  ]
}

const batchNormRule: Rule<'batchNorm'> = (dy, y, ...[x = y, scale = y]) => {
  const dx = op.batchNormGrad(dy, x, scale, y, y.op.epsilon)
  return [dx, op.splitPart(1, dx, scale.shape), op.splitPart(2, dx, scale.shape)]
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
  matmul: matmulRule,
  batchNorm: batchNormRule,
  normalise: normaliseRule,
  maxPool: unaryRule<'maxPool'>((dy, x, y) => op.maxPoolGrad(dy, x, y, y.op.window)),
  avgPool: unaryRule<'avgPool'>((dy, x, y) => op.avgPoolGrad(dy, x, y.op.window, y.op.countPadding)),
  relu: unaryRule((dy, _, y) => op.reluGrad(dy, y)),
  relu6: unaryRule((dy, _, y) => op.relu6Grad(dy, y)),
  sigmoid: unaryRule((dy, _, y) => op.mul(dy, op.mul(y, op.sub(1, y)))),
  tanh: unaryRule((dy, _, y) => op.mul(dy, op.sub(1, op.square(y)))),
  erf: unaryRule((dy, x) => op.mul(dy, op.mul(op.exp(op.neg(op.square(x))), 2 / Math.sqrt(Math.PI)))),
  exp: unaryRule((dy, _, y) => op.mul(dy, y)),
  log: unaryRule((dy, x) => op.div(dy, x)),
  sqrt: unaryRule((dy, _, y) => op.div(dy, double(y))),
  square: unaryRule((dy, x) => op.mul(dy, double(x))),
  abs: unaryRule((dy, x) => op.mul(dy, op.sign(x))),
  neg: unaryRule(dy => op.neg(dy)),
  add: binaryRule(
    dy => dy,
    dy => dy,
  ),
  sub: binaryRule(
    dy => dy,
    dy => op.neg(dy),
  ),
  mul: binaryRule(
    (dy, _, b) => op.mul(dy, b),
    (dy, a) => op.mul(dy, a),
  ),
  div: binaryRule(
    (dy, _, b) => op.div(dy, b),
    (dy, _, b, y) => op.neg(op.div(op.mul(dy, y), b)),
  ),
  minimum: binaryRule(
    (dy, a, b) => op.mul(dy, op.sub(1, op.greater(a, b))),
    (dy, a, b) => op.mul(dy, op.greater(a, b)),
  ),
  maximum: binaryRule(
    (dy, a, b) => op.mul(dy, op.sub(1, op.greater(b, a))),
    (dy, a, b) => op.mul(dy, op.greater(b, a)),
  ),
  sum: unaryRule<'sum'>((dy, x, y) => op.broadcast(restoreAxes(dy, x, y.op.axes), x.shape)),
  reshape: unaryRule((dy, x) => op.reshape(dy, x.shape)),
  broadcast: unaryRule((dy, x) => sumBroadcast(dy, x.shape)),
  concat: (dy, _, ...values) => splitSignal(dy, values),
  slice: unaryRule<'slice'>((dy, x, y) => padSlice(dy, x, y.op.from)),
  shuffle: unaryRule<'shuffle'>((dy, x, y) => op.shuffle(dy, channelsOf(x.shape) / y.op.groups)),
  softmax: unaryRule((dy, _, y) => op.mul(y, op.sub(dy, op.sum(op.mul(dy, y), [y.shape.length - 1], true)))),
  crossEntropy: (dy, y, logits = y) => [
    op.mul(op.reshape(dy, [...dy.shape, 1]), op.splitPart(1, y, logits.shape)),
    null,
  ],
  inverse: unaryRule((dy, _, y) =>
    op.neg(op.matmul(op.matmul(y, dy, { transposeA: true }), y, { transposeB: true })),
  ),
  sign: none,
  greater: none,
  largest: none,
  stop: none,
  allReduce: none,
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
 * The rules of the trace: ReLU passes the positive part of the signal, whatever its forward input was.
 *
 * Source  Zeiler and Fergus 2014; Tian, Arbel, Clark 2021 (CVIU)
 */
export const deconvolution: Rules = {
  ...gradient,
  relu: unaryRule(dy => op.relu(dy)),
  relu6: unaryRule(dy => op.relu(dy)),
}
