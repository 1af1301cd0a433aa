/** The inverse of a symmetric positive matrix, in plain loops. */
import { choleskyFactor } from './cholesky.js'

/**
 * The inverse of a symmetric positive matrix, in float64, by Cholesky's factor: A = L·Lᵀ, A⁻¹ = L⁻ᵀ·L⁻¹.
 * NaN throughout where the matrix is not positive.
 *
 * Shapes  size × size, row by row
 */
export const inverse = (matrix: ArrayLike<number>, size: number): Float32Array => {
  const lower = invertedFactor(choleskyFactor(matrix, size), size)
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
