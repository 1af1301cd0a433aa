/**
 * The inverse of a symmetric positive matrix, in float64, by Cholesky's factor: A = L·Lᵀ, A⁻¹ = L⁻ᵀ·L⁻¹.
 * NaN throughout where the matrix is not positive.
 *
 * Shapes  size × size, row by row
 */
export const inverse = (matrix: ArrayLike<number>, size: number): Float32Array => {
  const lower = invertedFactor(factor(matrix, size), size)
  const result = new Float32Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = i; k < size; k++) sum += at(lower, k * size + i) * at(lower, k * size + j)
      result[i * size + j] = sum
      result[j * size + i] = sum
    }
  return result
}

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? 0

/** The factor L, a lower triangle. */
const factor = (matrix: ArrayLike<number>, size: number): Float64Array => {
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let remainder = at(matrix, i * size + j)
      for (let k = 0; k < j; k++) remainder -= at(lower, i * size + k) * at(lower, j * size + k)
      lower[i * size + j] = i === j ? Math.sqrt(remainder) : remainder / at(lower, j * size + j)
    }
  return lower
}

/** L⁻¹, column by column by forward substitution. */
const invertedFactor = (lower: Float64Array, size: number): Float64Array => {
  const result = new Float64Array(size * size)
  for (let j = 0; j < size; j++)
    for (let i = j; i < size; i++) {
      let remainder = i === j ? 1 : 0
      for (let k = j; k < i; k++) remainder -= at(lower, i * size + k) * at(result, k * size + j)
      result[i * size + j] = remainder / at(lower, i * size + i)
    }
  return result
}
