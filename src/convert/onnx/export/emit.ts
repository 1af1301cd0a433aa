/** Emits primitive operations as ONNX nodes, by one table that the compiler keeps complete. */
import type { Binary, Kind, OpOf, PoolWindow, Unary, Update, Value, Window } from '../../../graph/graph.js'
import { channelsOf, type Shape } from '../../../net/shape.js'
import type { Tensor, Weights } from '../../../net/weights.js'
import { sidesOf, slidesOf } from '../../../net/window.js'
import { type Attrs, float, float32, int, ints, type Ref } from './node.js'
import {
  broadcastTo,
  inputOperand,
  isMap,
  nodeOperand,
  type Operand,
  onnxOrder,
  weightOperand,
} from './operand.js'
import type { Writer } from './writer.js'

/** Operations of training alone. */
type Training =
  | Update['kind']
  | 'part'
  | 'eye'
  | 'convInput'
  | 'convKernel'
  | 'depthwiseInput'
  | 'depthwiseKernel'
  | 'batchNorm'
  | 'batchNormGrad'
  | 'maxPoolGrad'
  | 'avgPoolGrad'
  | 'reluGrad'
  | 'relu6Grad'
  | 'crossEntropy'
  | 'inverse'
  | 'largest'

type Serving = Exclude<Kind, Training | 'input' | 'weight'>

type ValueOf<K extends Kind> = Value & { readonly op: OpOf<K> }

type Emitter<K extends Kind> = (write: Writer, value: ValueOf<K>, ...inputs: readonly Operand[]) => Ref

/** Shapes  x [n, h, w, c] */
const windowAttrs = (window: PoolWindow, x: Shape): Attrs => {
  const slides = slidesOf(x.slice(1), window)
  return {
    kernel_shape: ints(sidesOf(window.size)),
    strides: ints(sidesOf(window.stride)),
    pads: ints([...slides.map(({ before }) => before), ...slides.map(({ after }) => after)]),
  }
}

const dilationsOf = ({ dilation }: Window): Attrs => ({ dilations: ints([dilation, dilation]) })

/** Shapes  kernel [k, k, in, out] → [out, in, k, k]; depthwise [k, k, c, 1] → [c, 1, k, k] in c groups */
const conv =
  (order: readonly number[], groupsOf: (x: Shape, kernel: Shape) => number) =>
  (write: Writer, { op: { window } }: ValueOf<'conv' | 'depthwise'>, x: Operand, kernel: Operand): Ref =>
    write.add('Conv', [x.ref(), kernel.as(kernel.shape, order)], {
      ...windowAttrs({ ...window, size: [kernel.shape[0] ?? 1, kernel.shape[1] ?? 1] }, x.shape),
      ...dilationsOf(window),
      group: int(groupsOf(x.shape, kernel.shape)),
    })

const maxPool: Emitter<'maxPool'> = (write, { op: { window } }, x) =>
  write.add('MaxPool', [x.ref()], windowAttrs(window, x.shape))

const avgPool: Emitter<'avgPool'> = (write, { op: { window, countPadding } }, x) =>
  write.add('AveragePool', [x.ref()], {
    ...windowAttrs(window, x.shape),
    count_include_pad: int(countPadding ? 1 : 0),
  })

const unary =
  (name: string): Emitter<Unary> =>
  (write, _, x) =>
    write.add(name, [x.ref()])

const unaries = {
  relu: unary('Relu'),
  relu6: (write, _, x) => write.add('Clip', [x.ref(), write.number(0), write.number(6)]),
  sigmoid: unary('Sigmoid'),
  tanh: unary('Tanh'),
  erf: unary('Erf'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  square: (write, _, x) => write.add('Mul', [x.ref(), x.ref()]),
  abs: unary('Abs'),
  sign: unary('Sign'),
  neg: unary('Neg'),
} satisfies { readonly [K in Unary]: Emitter<K> }

const binary =
  (name: string): Emitter<Binary> =>
  (write, { shape }, a, b) =>
    write.add(name, [broadcastTo(shape, a), broadcastTo(shape, b)])

const binaries = {
  add: binary('Add'),
  sub: binary('Sub'),
  mul: binary('Mul'),
  div: binary('Div'),
  minimum: binary('Min'),
  maximum: binary('Max'),
  greater: (write, value, a, b) =>
    write.add('Cast', [binary('Greater')(write, value, a, b)], { to: int(float32) }),
} satisfies { readonly [K in Binary]: Emitter<K> }

/** The position of an axis in a value's ONNX layout. */
const placeOf = (shape: Shape, axis: number): number => onnxOrder(shape).indexOf(axis)

const lastPlace = (shape: Shape): number => placeOf(shape, shape.length - 1)

/** Whether a sum over these axes of a map needs no transpose: it leaves one axis, or it drops the channels. */
const needsNoTranspose = (axes: readonly number[]): boolean =>
  axes.includes(3) || (axes.includes(1) && axes.includes(2))

const sum: Emitter<'sum'> = (write, { op: { axes, keep } }, x) => {
  const keepsOrder = isMap(x.shape) && (keep || needsNoTranspose(axes))
  const places = keepsOrder ? axes.map(axis => placeOf(x.shape, axis)) : axes
  const from = keepsOrder
    ? x.ref()
    : x.as(
        x.shape,
        x.shape.map((_, axis) => axis),
      )
  return write.add('ReduceSum', [from, write.ints(places)], { keepdims: int(keep ? 1 : 0) })
}

const matmul: Emitter<'matmul'> = (write, { op: { transposeA, transposeB } }, a, b) => {
  const side = (operand: Operand, isTransposed: boolean) =>
    isTransposed ? operand.as(operand.shape, [1, 0]) : operand.ref()
  return write.add('MatMul', [side(a, transposeA), side(b, transposeB)])
}

/** Channels are the second axis of a map, and of a vector. Shapes  [n, c, …] → [n, groups, c/groups, …], and back */
const shuffle: Emitter<'shuffle'> = (write, { op: { groups }, shape }, x) => {
  const [channels = 1, ...sides] = onnxOrder(shape)
    .slice(1)
    .map(axis => shape[axis] ?? 1)
  const grouped = write.add('Reshape', [x.ref(), write.ints([-1, groups, channels / groups, ...sides])])
  const perm = ints([0, 2, 1, ...sides.map((_, axis) => axis + 3)])
  const transposed = write.add('Transpose', [grouped], { perm })
  return write.add('Reshape', [transposed, write.ints([-1, channels, ...sides])])
}

const emitters = {
  constant: (write, { op }) => write.number(op.value),
  stop: (_write, _value, x) => x.ref(),
  allReduce: (_write, _value, x) => x.ref(),
  conv: conv([3, 2, 0, 1], (x, [, , read = 1]) => channelsOf(x) / read),
  depthwise: conv([2, 3, 0, 1], channelsOf),
  maxPool,
  avgPool,
  normalise: (write, { op }, ...inputs) =>
    write.add(
      'BatchNormalization',
      inputs.map(each => each.ref()),
      { epsilon: float(op.epsilon) },
    ),
  ...unaries,
  ...binaries,
  matmul,
  sum,
  reshape: (_, { shape }, x) => x.as(shape, onnxOrder(shape)),
  broadcast: (write, { shape }, x) =>
    write.add('Expand', [broadcastTo(shape, x), write.ints(onnxOrder(shape).map(axis => shape[axis] ?? 1))]),
  concat: (write, { shape }, ...values) =>
    write.add(
      'Concat',
      values.map(each => each.ref()),
      { axis: int(lastPlace(shape)) },
    ),
  slice: (write, { op: { from }, shape }, x) =>
    write.add('Slice', [
      x.ref(),
      write.ints([from]),
      write.ints([from + channelsOf(shape)]),
      write.ints([lastPlace(shape)]),
    ]),
  shuffle,
  softmax: (write, { shape }, x) => write.add('Softmax', [x.ref()], { axis: int(lastPlace(shape)) }),
} satisfies { readonly [K in Serving]: Emitter<K> }

/**
 * Emits each value once, after its inputs; returns the operand that stands for each.
 *
 * @example
 * emit(writer([]), { weights, layerOf: () => '' })(topologicalOrder([logits])).get(logits)
 */
export const emit =
  (
    write: Writer,
    { weights, layerOf }: { readonly weights: Weights; readonly layerOf: (value: Value) => string },
  ) =>
  (values: readonly Value[]): ReadonlyMap<Value, Operand> => {
    const operands = new Map<Value, Operand>()
    const emitValue = (value: Value): Operand => {
      const { op, shape } = value
      const here = write.within(layerOf(value))
      if (op.kind === 'input') return inputOperand(here, shape, op.name)
      if (op.kind === 'weight') return weightOperand(write, op.name, weights[op.name] as Tensor) // the model has every slot
      const emitter: Emitter<never> | undefined = (emitters as Partial<Record<Kind, Emitter<never>>>)[op.kind] // as above
      if (emitter === undefined)
        throw new Error(`cannot export ${op.kind}: an inference graph has no training operations`)
      const inputs = value.inputs.map(input => operands.get(input) as Operand) // in order: inputs come first
      return nodeOperand(here, shape, emitter(here, value as never, ...inputs)) // the kind picks the emitter
    }
    for (const value of values) operands.set(value, emitValue(value))
    return operands
  }
