/** Reorders the axes of arrays: ONNX's kernels as ours. */
import { sizeOf } from '../../../net/shape.js'
import type { Numbers } from './constant.js'

/** Numbers that are written side by side: those of a cache line. */
const line = 16

/** An axis of the source: how far its neighbours lie apart there, and in the result. */
interface Axis {
  readonly source: number
  readonly size: number
  readonly apart: number
  readonly apartIn: number
}

/** The array with its axes in another order: `order` names for each axis of the result that of the source. */
export const transposeNumbers = <A extends Numbers>(
  data: A,
  dims: readonly number[],
  order: readonly number[],
): A => {
  const result = data.slice() as A // a slice has the array's own type
  const sizes = order.map(axis => dims[axis] ?? 1)
  const axes = order.map(
    (source, nth): Axis => ({
      source,
      size: sizes[nth] ?? 1,
      apart: sizeOf(dims.slice(source + 1)),
      apartIn: sizeOf(sizes.slice(nth + 1)),
    }),
  )
  const last = axes.pop()
  if (last === undefined) return result
  const others = axes.toSorted((a, b) => a.source - b.source) // so that the source is read in its order
  const visit = (nth: number, from: number, to: number, count: number): void => {
    const axis = others[nth]
    if (axis !== undefined)
      for (let i = 0; i < axis.size; i++) visit(nth + 1, from + i * axis.apart, to + i * axis.apartIn, count)
    else for (let i = 0, at = from; i < count; i++, at += last.apart) result[to + i] = data[at] ?? 0
  }
  for (let i = 0; i < last.size; i += line) visit(0, i * last.apart, i, Math.min(line, last.size - i))
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
