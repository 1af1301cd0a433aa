/** Ridge regression in closed form, in float64. */

import { solvePositive } from '../../engine/wasm/solve/positive.js'
import { elementAt } from '../../io/element.js'

/** [rows, columns] → [columns, rows], row by row. */
export const transpose = (matrix: ArrayLike<number>, columns: number): Float64Array => {
  const rows = matrix.length / columns
  const result = new Float64Array(matrix.length)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j] ?? 0
  return result
}

export interface RidgeOptions {
  /** How many rows A has. */
  readonly size: number
  /** λ as a share of the mean square of an input. */
  readonly ridge: number
  /** How many inputs there are, whose squares sum up to the trace of A; by default `size`. */
  readonly inputs?: number
}

/**
 * (A + λI)⁻¹·B for a symmetric A without negative eigenvalues; λ is `ridge` times A's trace by the number of inputs.
 * Where A is zero throughout nothing is known, and the solution is zero.
 *
 * Shapes  A [size, size], B [size, width] → [size, width], row by row
 */
export const solveRidge = (
  matrix: ArrayLike<number>,
  right: ArrayLike<number>,
  { size, ridge, inputs = size }: RidgeOptions,
): Float64Array => {
  const width = right.length / size
  let trace = 0
  for (let i = 0; i < size; i++) trace += elementAt(matrix, i * size + i)
  if (!(trace > 0)) return new Float64Array(right.length)
  const positive = Float64Array.from(matrix)
  for (let i = 0; i < size; i++)
    positive[i * size + i] = elementAt(positive, i * size + i) + (ridge * trace) / inputs
  return transpose(solvePositive(positive, transpose(right, width), size), size)
}
