/** Reorders the axes of arrays: ONNX's kernels as ours. */
import { sizeOf } from '../../../net/shape.js'
import type { Numbers } from './constant.js'

/** The array with its axes in another order: `order` names for each axis of the result that of the source. */
export const transposeNumbers = <A extends Numbers>(
  data: A,
  dims: readonly number[],
  order: readonly number[],
): A => {
  const result = data.slice() as A // a slice has the array's own type
  const sizes = order.map(axis => dims[axis] ?? 1)
  const steps = order.map(axis => sizeOf(dims.slice(axis + 1)))
  const [length = 1, step = 1] = [sizes.at(-1), steps.at(-1)]
  let written = 0
  const visit = (axis: number, from: number): void => {
    const [size = 0, stride = 0] = [sizes[axis], steps[axis]]
    if (axis < sizes.length - 1) for (let i = 0; i < size; i++) visit(axis + 1, from + i * stride)
    else for (let i = 0, at = from; i < length; i++, at += step) result[written++] = data[at] ?? 0
  }
  if (sizes.length > 0) visit(0, 0)
  return result
}

/** Rows of a matrix [rows, columns] moved to other places, each number times a factor. */
export const placeRows = (
  data: ArrayLike<number>,
  positions: readonly number[],
  columns: number,
  factor: number,
): Float32Array => {
  const result = new Float32Array(positions.length * columns)
  positions.forEach((to, from) => {
    for (let column = 0; column < columns; column++)
      result[to * columns + column] = factor * (data[from * columns + column] ?? 0)
  })
  return result
}
