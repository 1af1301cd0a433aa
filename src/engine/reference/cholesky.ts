/** Cholesky's factor of a symmetric positive matrix, in float64. */

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? 0

/**
 * The lower triangle L of A = L·Lᵀ, of which the lower triangle of A is read; NaN from where A is not positive.
 *
 * Shapes  size × size, row by row
 */
export const choleskyFactor = (matrix: ArrayLike<number>, size: number): Float64Array => {
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let remainder = at(matrix, i * size + j)
      for (let k = 0; k < j; k++) remainder -= at(lower, i * size + k) * at(lower, j * size + k)
      lower[i * size + j] = i === j ? Math.sqrt(remainder) : remainder / at(lower, j * size + j)
    }
  return lower
}
