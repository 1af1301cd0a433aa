/** Every primitive operation in tfjs. The compiler keeps the table complete. */
import * as tf from '@tensorflow/tfjs-core'
import { type Kind, type OpOf, slotsOf, type Value, type Window } from '../../graph/graph.js'
import { channelsOf } from '../../net/shape.js'
import { inverse } from './inverse.js'
import { largest } from './largest.js'
import * as windows from './windows.js'

/** The inputs and variables of a call. */
export interface Call {
  readonly feed: (name: string, shape: readonly number[]) => tf.Tensor
  /** A variable's value at the start of the call. */
  readonly before: (name: string) => tf.Tensor
  /** A variable's value after the updates so far. */
  readonly now: (name: string) => tf.Tensor
  readonly set: (name: string, value: tf.Tensor) => tf.Tensor
}

/** An operation's inputs; it reads only as many as it takes. */
export type Inputs = readonly [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]

/** All results of an operation, the first of them its value. */
export type Results = readonly tf.Tensor[]

type Interpreter<K extends Kind> = (
  value: Value & { readonly op: OpOf<K> },
  inputs: Inputs,
  call: Call,
) => tf.Tensor | Results

const one =
  (f: (x: tf.Tensor) => tf.Tensor) =>
  (_: Value, [x]: Inputs): tf.Tensor =>
    f(x)

const two =
  (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
  (_: Value, [a, b]: Inputs): tf.Tensor =>
    f(a, b)

const windowed =
  (f: (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor, window: Window) => tf.Tensor) =>
  ({ op }: Value & { readonly op: { readonly window: Window } }, [a, b, c]: Inputs) =>
    f(a, b, c, op.window)

const flag = (condition: tf.Tensor): tf.Tensor => tf.cast(condition, 'float32')

/** All axes but the last. */
const leadingAxes = (x: tf.Tensor): number[] => x.shape.slice(0, -1).map((_, axis) => axis)

const size = (shape: readonly number[]): number[] => [...shape]

export const interpreters: { readonly [K in Exclude<Kind, 'part'>]: Interpreter<K> } = {
  input: ({ op: { name }, shape }, _, call) => call.feed(name, shape),
  weight: ({ op: { name } }, _, call) => call.before(name),
  constant: ({ op: { value } }) => tf.scalar(value),
  eye: ({ shape: [side = 0] }) => tf.eye(side),
  conv: windowed((x, kernel, _, window) => windows.conv(x, kernel, window)),
  convInput: windowed(windows.convInput),
  convKernel: windowed(windows.convKernel),
  depthwise: windowed((x, kernel, _, window) => windows.depthwise(x, kernel, window)),
  depthwiseInput: windowed(windows.depthwiseInput),
  depthwiseKernel: windowed(windows.depthwiseKernel),
  matmul: ({ op: { transposeA, transposeB } }, [a, b]) => tf.matMul(a, b, transposeA, transposeB),
  batchNorm: ({ op: { epsilon } }, [x, scale, shift]) => {
    const { mean, variance } = tf.moments(x, leadingAxes(x))
    const rows = x.size / channelsOf(x.shape)
    const unit = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)))
    return [tf.add(tf.mul(unit, scale), shift), mean, tf.mul(variance, rows / Math.max(rows - 1, 1))]
  },
  batchNormGrad: ({ op: { epsilon } }, [dy, x, scale]) => {
    const { mean, variance } = tf.moments(x, leadingAxes(x))
    const rows = x.size / channelsOf(x.shape)
    const deviation = tf.sqrt(tf.add(variance, epsilon))
    const unit = tf.div(tf.sub(x, mean), deviation)
    const [dscale, dshift] = [tf.sum(tf.mul(dy, unit), leadingAxes(x)), tf.sum(dy, leadingAxes(x))]
    const centred = tf.sub(dy, tf.div(tf.add(dshift, tf.mul(unit, dscale)), rows))
    return [tf.mul(centred, tf.div(scale, deviation)), dscale, dshift]
  },
  normalise: ({ op: { epsilon } }, [x, scale, shift, mean, variance]) =>
    tf.add(tf.mul(tf.sub(x, mean), tf.div(scale, tf.sqrt(tf.add(variance, epsilon)))), shift),
  maxPool: ({ op: { window } }, [x]) => windows.maxPool(x, window),
  maxPoolGrad: ({ op: { window } }, [dy, x, y]) => windows.maxPoolGrad(dy, x, y, window),
  avgPool: ({ op: { window, countPadding } }, [x]) => windows.avgPool(x, window, countPadding),
  avgPoolGrad: ({ op: { window, countPadding } }, [dy, x]) =>
    windows.avgPoolGrad(dy, x, window, countPadding),
  relu: one(tf.relu),
  relu6: one(tf.relu6),
  sigmoid: one(tf.sigmoid),
  tanh: one(tf.tanh),
  erf: one(tf.erf),
  exp: one(tf.exp),
  log: one(tf.log),
  sqrt: one(tf.sqrt),
  square: one(tf.square),
  abs: one(tf.abs),
  sign: one(tf.sign),
  neg: one(tf.neg),
  reluGrad: two((dy, y) => tf.mul(dy, flag(tf.greater(y, 0)))),
  relu6Grad: two((dy, y) => tf.mul(dy, flag(tf.logicalAnd(tf.greater(y, 0), tf.less(y, 6))))),
  add: two(tf.add),
  sub: two(tf.sub),
  mul: two(tf.mul),
  div: two(tf.div),
  minimum: two(tf.minimum),
  maximum: two(tf.maximum),
  greater: two((a, b) => flag(tf.greater(a, b))),
  sum: ({ op: { axes, keep } }, [x]) => (axes.length === 0 ? tf.clone(x) : tf.sum(x, [...axes], keep)),
  reshape: ({ shape }, [x]) => tf.reshape(x, size(shape)),
  broadcast: ({ shape }, [x]) => tf.broadcastTo(x, size(shape)),
  concat: (_, values) => tf.concat([...values], -1),
  slice: ({ op: { from }, shape }, [x]) =>
    tf.slice(
      x,
      shape.map((_, axis) => (axis === shape.length - 1 ? from : 0)),
      size(shape),
    ),
  shuffle: ({ op: { groups }, shape }, [x]) => {
    const columns = tf.reshape(x, [-1, groups, (shape.at(-1) ?? 1) / groups])
    return tf.reshape(tf.transpose(columns, [0, 2, 1]), size(shape))
  },
  softmax: one(x => tf.softmax(x)),
  crossEntropy: (_, [logits, targets]) => [
    tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), -1)),
    tf.sub(tf.softmax(logits), targets),
  ],
  inverse: ({ shape }, [x]) => tf.tensor(inverse(x.dataSync(), channelsOf(shape)), size(shape)),
  largest: ({ op: { count }, shape }, [x]) =>
    tf.tensor(largest(Float32Array.from(x.dataSync()), count), size(shape)),
  stop: one(tf.clone),
  allReduce: one(tf.clone),
  assign: ({ op: { name } }, [value], call) => call.set(name, value),
  average: ({ op: { name, keep } }, [value], call) =>
    call.set(name, tf.add(tf.mul(call.now(name), keep), tf.mul(value, 1 - keep))),
  momentum: ({ op }, [gradient, rate], call) => {
    const [velocity = ''] = slotsOf(op)
    const v = call.set(velocity, tf.add(tf.mul(call.now(velocity), op.momentum), gradient))
    const direction = op.nesterov ? tf.add(gradient, tf.mul(v, op.momentum)) : v
    return call.set(op.name, tf.sub(call.now(op.name), tf.mul(direction, rate)))
  },
  adam: ({ op }, [gradient, rate, power1, power2], call) => {
    const [first = '', second = ''] = slotsOf(op)
    const m = call.set(first, tf.add(tf.mul(call.now(first), op.beta1), tf.mul(gradient, 1 - op.beta1)))
    const v = call.set(
      second,
      tf.add(tf.mul(call.now(second), op.beta2), tf.mul(tf.square(gradient), 1 - op.beta2)),
    )
    const stepSize = tf.div(tf.mul(rate, tf.sqrt(tf.sub(1, power2))), tf.sub(1, power1))
    return call.set(
      op.name,
      tf.sub(call.now(op.name), tf.div(tf.mul(stepSize, m), tf.add(tf.sqrt(v), op.epsilon))),
    )
  },
}
