/** Ridge regression in closed form, in float64. */

import { choleskyFactor } from '../../engine/reference/cholesky.js'

/** Subtracts a multiple of one row from another. */
const subtractRow = (rows: Float64Array, width: number, from: number, row: number, factor: number): void => {
  for (let j = 0; j < width; j++) {
    const each = from * width + j
    rows[each] = (rows[each] ?? 0) - factor * (rows[row * width + j] ?? 0)
  }
}

const divideRow = (rows: Float64Array, width: number, row: number, by: number): void => {
  for (let j = 0; j < width; j++) rows[row * width + j] = (rows[row * width + j] ?? 0) / by
}

/** Solves L·Lᵀ·X = B in place of B. */
const substitute = (lower: Float64Array, size: number, rows: Float64Array, width: number): void => {
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) subtractRow(rows, width, i, k, lower[i * size + k] ?? 0)
    divideRow(rows, width, i, lower[i * size + i] ?? 1)
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) subtractRow(rows, width, i, k, lower[k * size + i] ?? 0)
    divideRow(rows, width, i, lower[i * size + i] ?? 1)
  }
}

/**
 * (A + λI)⁻¹·B for a symmetric A without negative eigenvalues; λ is `ridge` times the mean of A's diagonal. Where A is
 * zero throughout nothing is known, and the solution is zero.
 *
 * Shapes  A [size, size], B [size, width] → [size, width], row by row
 */
export const solveRidge = (
  matrix: Float64Array,
  right: Float64Array,
  { size, ridge }: { readonly size: number; readonly ridge: number },
): Float64Array => {
  const width = right.length / size
  let trace = 0
  for (let i = 0; i < size; i++) trace += matrix[i * size + i] ?? 0
  if (!(trace > 0)) return new Float64Array(right.length)
  const positive = matrix.slice()
  for (let i = 0; i < size; i++)
    positive[i * size + i] = (positive[i * size + i] ?? 0) + (ridge * trace) / size
  const solution = right.slice()
  substitute(choleskyFactor(positive, size), size, solution, width)
  return solution
}
