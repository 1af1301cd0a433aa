/**
 * Values as ONNX nodes read them. ONNX keeps a map's channels before its height and width: so does every value of
 * four axes here; all others keep their order.
 */
import { isSameShape, type Shape, sizeOf } from '../../net/shape.js'
import type { Tensor } from '../../net/weights.js'
import { ints, type Ref } from './node.js'
import type { Writer } from './writer.js'

/** Which axis of the old comes at each place of the new. */
export type Order = readonly number[]

/** [n, h, w, c] → [n, c, h, w] */
export const channelsFirst: Order = [0, 3, 1, 2]
const channelsLast: Order = [0, 2, 3, 1]

export const isMap = (shape: Shape): boolean => shape.length === 4

const straight = (shape: Shape): Order => shape.map((_, axis) => axis)

/** The order in which a value of this shape is kept. */
export const kept = (shape: Shape): Order => (isMap(shape) ? channelsFirst : straight(shape))

export interface Operand {
  readonly shape: Shape
  /** The value as it is kept. */
  readonly ref: () => Ref
  /** The value seen as of another shape, row by row, then its axes put in an order. */
  readonly as: (shape: Shape, order: Order) => Ref
}

const inOrder = (order: Order): boolean => order.every((from, to) => from === to)

/** An array with its axes in another order. */
export const transposed = ({ shape, data }: Tensor, order: Order): Tensor => {
  const sizes = order.map(axis => shape[axis] ?? 1)
  const steps = order.map(axis => sizeOf(shape.slice(axis + 1)))
  const result = new Float32Array(data.length)
  let written = 0
  const visit = (axis: number, from: number): void => {
    if (axis === sizes.length) {
      result[written++] = data[from] ?? 0
      return
    }
    for (let i = 0; i < (sizes[axis] ?? 0); i++) visit(axis + 1, from + i * (steps[axis] ?? 0))
  }
  visit(0, 0)
  return { shape: sizes, data: result }
}

/** A weight: stored as its reader wants it, so that nothing is left to do when it runs. */
export const stored = (write: Writer, name: string, { shape, data }: Tensor): Operand => {
  const as = (seen: Shape, order: Order): Ref => {
    const alike = isSameShape(seen, shape) && inOrder(order)
    return write.array(
      alike ? name : `${name} [${order.map(axis => seen[axis])}]`,
      order.map(axis => seen[axis] ?? 1),
      () => (inOrder(order) ? data : transposed({ shape: seen, data }, order).data),
    )
  }
  return { shape, ref: () => as(shape, kept(shape)), as }
}

const inAxes = (write: Writer, ref: Ref, order: Order): Ref =>
  inOrder(order) ? ref : write.add('Transpose', [ref], { perm: ints(order) })

/** What a node gives, kept as `ref`. A first size of 1 may be any: `as` leaves it open where it stays. */
export const computed = (write: Writer, shape: Shape, ref: Ref): Operand => ({
  shape,
  ref: () => ref,
  as: (seen, order) => {
    const plain = isMap(shape) ? inAxes(write, ref, channelsLast) : ref
    const open = shape[0] === seen[0] ? [-1, ...seen.slice(1)] : seen
    return inAxes(
      write,
      isSameShape(seen, shape) ? plain : write.add('Reshape', [plain, write.ints(open)]),
      order,
    )
  },
})

/** What the graph is fed, its axes in their usual order. */
export const fed = (write: Writer, shape: Shape, name: Ref): Operand =>
  computed(write, shape, inAxes(write, name, kept(shape)))

/** A value of fewer axes as it meets a map: it stretches along those it lacks. */
export const facing = (other: Shape, operand: Operand): Ref => {
  const { shape } = operand
  const lacks = other.length - shape.length
  return isMap(other) && lacks > 0 && shape.length > 0
    ? operand.as([...other.slice(0, lacks).map(() => 1), ...shape], channelsFirst)
    : operand.ref()
}
