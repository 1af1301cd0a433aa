/** Emits elementwise operations, matrix products, sums and changes of shape. */
import type { Binary, Unary } from '../../../graph/graph.js'
import { channelsOf, isSameShape, type Shape } from '../../../net/shape.js'
import { bool, flag, float32, floats, int, int32, type Ref, text, type } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'
import type { Emitter } from './emitter.js'
import { reshapeTo } from './norm.js'

const addNode =
  (name: string) =>
  (write: Writer, ...inputs: readonly Ref[]): Ref =>
    write.add(name, inputs, floats)

const unary =
  (name: string): Emitter<Unary> =>
  (write, _, [x]) => [addNode(name)(write, x)]

const binary =
  (name: string): Emitter<Binary> =>
  (write, _, [a], [b]) => [addNode(name)(write, a, b)]

const toFloats = (write: Writer, booleans: Ref): Ref =>
  write.add('Cast', [booleans], { SrcT: type(bool), DstT: type(float32) })

/** Where tanh rounds to 1 in float32. */
const saturation = 20

/**
 * TensorFlow's graph optimizer fuses a convolution, its batch norm and Tanh into an operation without a kernel; a bound
 * that changes no value prevents that.
 */
const tanh: Emitter<'tanh'> = (write, { inputs: [source] }, [x]) => [
  addNode('Tanh')(
    write,
    source?.op.kind === 'normalise' ? addNode('Minimum')(write, x, write.number(saturation)) : x,
  ),
]

export const unaries = {
  relu: unary('Relu'),
  relu6: unary('Relu6'),
  sigmoid: unary('Sigmoid'),
  tanh,
  erf: unary('Erf'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  square: unary('Square'),
  abs: unary('Abs'),
  sign: unary('Sign'),
  neg: unary('Neg'),
} satisfies { readonly [K in Unary]: Emitter<K> }

/** One number per channel, added to a map or a batch of vectors. */
const isBias = (x: Shape | undefined, bias: Shape | undefined): boolean =>
  x !== undefined && bias?.length === 1 && x.length > 1 && bias[0] === channelsOf(x)

/** One number per channel, with sizes of 1 before it. */
const isRow = (shape: Shape): boolean => shape.length > 1 && shape.slice(0, -1).every(size => size === 1)

/** TensorFlow's graph optimizer mistakes a row added to a one-row product for a bias, and then fails. */
const add: Emitter<'add'> = (write, { inputs: [x, y], shape }, [a], [b]) => {
  if (isBias(x?.shape, y?.shape))
    return [write.add('BiasAdd', [a, b], { ...floats, data_format: text('NHWC') })]
  return isRow(shape) && x !== undefined && y !== undefined && isSameShape(x.shape, y.shape)
    ? [write.add('AddN', [a, b], { ...floats, N: int(2) })]
    : [addNode('AddV2')(write, a, b)]
}

/**
 * TensorFlow's graph optimizer fuses a convolution, the swish behind it and a leaky ReLU behind that into an operation
 * without a kernel; it knows a leaky ReLU by the order of its inputs.
 */
const maximum: Emitter<'maximum'> = (write, { inputs: [, y] }, [a], [b]) => [
  y?.op.kind === 'mul' ? addNode('Maximum')(write, b, a) : addNode('Maximum')(write, a, b),
]

export const binaries = {
  add,
  sub: binary('Sub'),
  mul: binary('Mul'),
  div: binary('RealDiv'),
  minimum: binary('Minimum'),
  maximum,
  greater: (write, _, [a], [b]) => [toFloats(write, addNode('Greater')(write, a, b))],
} satisfies { readonly [K in Binary]: Emitter<K> }

export const reluGrad: Emitter<'reluGrad'> = (write, _, [dy], [y]) => [addNode('ReluGrad')(write, dy, y)]
export const relu6Grad: Emitter<'relu6Grad'> = (write, _, [dy], [y]) => [addNode('Relu6Grad')(write, dy, y)]

export const matmul: Emitter<'matmul'> = (write, { op }, [a], [b]) => [
  write.add('MatMul', [a, b], {
    ...floats,
    transpose_a: flag(op.transposeA),
    transpose_b: flag(op.transposeB),
  }),
]

const allButLast = (axes: readonly number[], shape: Shape): boolean =>
  shape.length > 1 && axes.length === shape.length - 1 && !axes.includes(shape.length - 1)

export const sum: Emitter<'sum'> = (write, { op: { axes, keep }, inputs: [source] }, [x]) => [
  !keep && source !== undefined && allButLast(axes, source.shape)
    ? write.add('BiasAddGrad', [x], { ...floats, data_format: text('NHWC') })
    : write.add('Sum', [x, write.ints(axes)], { ...floats, Tidx: type(int32), keep_dims: flag(keep) }),
]

/** The first size is open where it is unchanged, so that the graph accepts any batch size. */
export const reshape: Emitter<'reshape'> = (write, { shape, inputs: [source] }, [x]) => {
  const isOpen = shape.length > 0 && source !== undefined && source.shape[0] === shape[0]
  return [reshapeTo(write, x, isOpen ? [-1, ...shape.slice(1)] : shape)]
}

export const broadcast: Emitter<'broadcast'> = (write, { shape, inputs: [source] }, [x]) => [
  source !== undefined && isSameShape(source.shape, shape)
    ? x
    : write.add('BroadcastTo', [x, write.ints(shape)], { ...floats, Tidx: type(int32) }),
]

export const eye: Emitter<'eye'> = (write, { shape: [size = 0] }) => {
  const ones = write.add('Fill', [write.ints([size]), write.number(1)], {
    ...floats,
    index_type: type(int32),
  })
  return [write.add('MatrixDiag', [ones], floats)]
}

const axisOf = (write: Writer, axis: number): Ref =>
  write.add('Const', [], {
    dtype: type(int32),
    value: { _tag: 'tensor', shape: [], data: Int32Array.of(axis) },
  })

export const concat: Emitter<'concat'> = (write, { shape }, ...values) =>
  values.length === 1 && values[0] !== undefined
    ? [values[0][0]]
    : [
        write.add('ConcatV2', [...values.map(([x]) => x), axisOf(write, shape.length - 1)], {
          ...floats,
          N: int(values.length),
          Tidx: type(int32),
        }),
      ]

export const slice: Emitter<'slice'> = (write, { op, shape }, [x]) => {
  const begin = [...shape.slice(1).map(() => 0), op.from]
  const size = [...shape.slice(1).map(() => -1), channelsOf(shape)]
  return [write.add('Slice', [x, write.ints(begin), write.ints(size)], { ...floats, Index: type(int32) })]
}

export const shuffle: Emitter<'shuffle'> = (write, { op: { groups }, shape }, [x]) => {
  const columns = reshapeTo(write, x, [-1, groups, channelsOf(shape) / groups])
  const attrs = { ...floats, Tperm: type(int32) }
  const transposed = write.add('Transpose', [columns, write.ints([0, 2, 1])], attrs)
  return [reshapeTo(write, transposed, [-1, ...shape.slice(1)])]
}

export const softmax: Emitter<'softmax'> = (write, _, [x]) => [addNode('Softmax')(write, x)]

export const crossEntropy: Emitter<'crossEntropy'> = (write, _, [logits], [targets]) => {
  const loss = addNode('SoftmaxCrossEntropyWithLogits')(write, logits, targets)
  return [loss, `${loss}:1`]
}

export const inverse: Emitter<'inverse'> = (write, _, [x]) => [
  write.add('MatrixInverse', [x], { ...floats, adjoint: flag(false) }),
]

/** 1 where a value is at least the smallest of the `count` largest. */
export const largest: Emitter<'largest'> = (write, { op, shape }, [x]) => {
  const count = write.add('Const', [], {
    dtype: type(int32),
    value: { _tag: 'tensor', shape: [], data: Int32Array.of(Math.min(op.count, channelsOf(shape))) },
  })
  const top = write.add('TopKV2', [x, count], { ...floats, Tk: type(int32), sorted: flag(false) })
  const least = write.add('Min', [top, write.ints([0])], { ...floats, Tidx: type(int32) })
  return [toFloats(write, addNode('GreaterEqual')(write, x, least))]
}
