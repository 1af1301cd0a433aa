/**
 * Values as ONNX nodes read them. ONNX has a map's channels before its height and width, so every value of four axes is
 * transposed; all others keep their order.
 */
import { elementAt } from '../../../io/element.js'
import { isSameShape, type Shape, sizeOf } from '../../../net/shape.js'
import type { Tensor } from '../../../net/weights.js'
import { ints, type Ref } from './node.js'
import type { Writer } from './writer.js'

/** For each axis of the result, the axis of the source. */
export type Order = readonly number[]

/** [n, h, w, c] → [n, c, h, w] */
export const channelsFirst: Order = [0, 3, 1, 2]
const channelsLast: Order = [0, 2, 3, 1]

export const isMap = (shape: Shape): boolean => shape.length === 4

const identityOrder = (shape: Shape): Order => shape.map((_, axis) => axis)

/** The ONNX order of the axes of a value. */
export const onnxOrder = (shape: Shape): Order => (isMap(shape) ? channelsFirst : identityOrder(shape))

export interface Operand {
  readonly shape: Shape
  /** The value in its ONNX order. */
  readonly ref: () => Ref
  /** The value reshaped, then transposed. */
  readonly as: (shape: Shape, order: Order) => Ref
}

const isIdentity = (order: Order): boolean => order.every((from, to) => from === to)

/** An array with its axes reordered. */
export const transposeTensor = ({ shape, data }: Tensor, order: Order): Tensor => {
  const sizes = order.map(axis => elementAt(shape, axis))
  const steps = order.map(axis => sizeOf(shape.slice(axis + 1)))
  const result = new Float32Array(data.length)
  let written = 0
  const visit = (axis: number, from: number): void => {
    if (axis === sizes.length) {
      result[written++] = elementAt(data, from)
      return
    }
    const [size, step] = [elementAt(sizes, axis), elementAt(steps, axis)]
    for (let i = 0; i < size; i++) visit(axis + 1, from + i * step)
  }
  visit(0, 0)
  return { shape: sizes, data: result }
}

/** A weight, stored in the layout of its reader, so that nothing is transposed at run time. */
export const weightOperand = (write: Writer, name: string, { shape, data }: Tensor): Operand => {
  const as = (viewed: Shape, order: Order): Ref => {
    const alike = isSameShape(viewed, shape) && isIdentity(order)
    return write.array(
      alike ? name : `${name} [${order.map(axis => viewed[axis])}]`,
      order.map(axis => viewed[axis] ?? 1),
      () => (isIdentity(order) ? data : transposeTensor({ shape: viewed, data }, order).data),
    )
  }
  return { shape, ref: () => as(shape, onnxOrder(shape)), as }
}

const transpose = (write: Writer, ref: Ref, order: Order): Ref =>
  isIdentity(order) ? ref : write.add('Transpose', [ref], { perm: ints(order) })

/** The output of a node. Its first size of 1 stands for any batch size: `as` leaves it open where it is unchanged. */
export const nodeOperand = (write: Writer, shape: Shape, ref: Ref): Operand => ({
  shape,
  ref: () => ref,
  as: (viewed, order) => {
    const plain = isMap(shape) ? transpose(write, ref, channelsLast) : ref
    const open = shape[0] === viewed[0] ? [-1, ...viewed.slice(1)] : viewed
    return transpose(
      write,
      isSameShape(viewed, shape) ? plain : write.add('Reshape', [plain, write.ints(open)]),
      order,
    )
  },
})

/** An input of the graph, with channels last. */
export const inputOperand = (write: Writer, shape: Shape, name: Ref): Operand =>
  nodeOperand(write, shape, transpose(write, name, onnxOrder(shape)))

/** A value broadcast against a map: it gets the axes it lacks, of size 1. */
export const broadcastTo = (other: Shape, operand: Operand): Ref => {
  const { shape } = operand
  const missing = other.length - shape.length
  return isMap(other) && missing > 0 && shape.length > 0
    ? operand.as([...other.slice(0, missing).map(() => 1), ...shape], channelsFirst)
    : operand.ref()
}
