/** Cholesky's factor of a symmetric positive matrix, in float64, by tiles of two rows and two columns. */

/** Rows come in pairs. */
const evenSide = (size: number): number => size + (size % 2)

/** The rows in an array of wider rows, the rest of it zeros. */
const padRows = (rows: ArrayLike<number>, count: number, width: number, side: number): Float64Array => {
  const wide = new Float64Array(evenSide(count) * side)
  for (let i = 0; i < count; i++)
    for (let j = 0; j < width; j++) wide[i * side + j] = rows[i * width + j] ?? 0
  return wide
}

/** Subtracts from the tile at (i, j) the products of its rows with rows j and j+1 of the factor, left of column j. */
const subtractProducts = (
  rows: Float64Array,
  i: number,
  factor: Float64Array,
  j: number,
  side: number,
): void => {
  const [a, b, c, d] = [i * side, (i + 1) * side, j * side, (j + 1) * side]
  let [ac, ad, bc, bd] = [0, 0, 0, 0]
  for (let k = 0; k < j; k++) {
    const upper = rows[a + k] ?? 0
    const lower = rows[b + k] ?? 0
    const first = factor[c + k] ?? 0
    const second = factor[d + k] ?? 0
    ac += upper * first
    ad += upper * second
    bc += lower * first
    bd += lower * second
  }
  rows[a + j] = (rows[a + j] ?? 0) - ac
  rows[a + j + 1] = (rows[a + j + 1] ?? 0) - ad
  rows[b + j] = (rows[b + j] ?? 0) - bc
  rows[b + j + 1] = (rows[b + j + 1] ?? 0) - bd
}

/** Solves a row of a tile for the factor's tile on the diagonal. */
const divideTile = (rows: Float64Array, at: number, factor: Float64Array, j: number, side: number): void => {
  const diagonal = j * side + j
  const first = (rows[at] ?? 0) / (factor[diagonal] ?? 0)
  rows[at] = first
  rows[at + 1] =
    ((rows[at + 1] ?? 0) - first * (factor[diagonal + side] ?? 0)) / (factor[diagonal + side + 1] ?? 0)
}

/** Solves L·x = b for rows i and i+1 as b, in place, as far as column `end`. */
const eliminate = (rows: Float64Array, i: number, factor: Float64Array, end: number, side: number): void => {
  for (let j = 0; j < end; j += 2) {
    subtractProducts(rows, i, factor, j, side)
    divideTile(rows, i * side + j, factor, j, side)
    divideTile(rows, (i + 1) * side + j, factor, j, side)
  }
}

/** The factor of the tile on the diagonal, in place. */
const factorTile = (matrix: Float64Array, i: number, side: number): void => {
  const at = i * side + i
  const first = Math.sqrt(matrix[at] ?? 0)
  const below = (matrix[at + side] ?? 0) / first
  matrix[at] = first
  matrix[at + 1] = 0
  matrix[at + side] = below
  matrix[at + side + 1] = Math.sqrt((matrix[at + side + 1] ?? 0) - below * below)
}

/** The factor of a matrix of even sides; a last row of zeros stands alone. Shapes  [size, size] → [side, side] */
const evenFactor = (matrix: ArrayLike<number>, size: number): Float64Array => {
  const side = evenSide(size)
  const factor = padRows(matrix, size, size, side)
  if (side > size) factor[side * side - 1] = 1
  for (let i = 0; i < side; i += 2) {
    eliminate(factor, i, factor, i, side)
    subtractProducts(factor, i, factor, i, side)
    factorTile(factor, i, side)
    factor.fill(0, i * side + i + 2, (i + 1) * side)
    factor.fill(0, (i + 1) * side + i + 2, (i + 2) * side)
  }
  return factor
}

/**
 * The lower triangle L of A = L·Lᵀ, of which the lower triangle of A is read; NaN from where A is not positive.
 *
 * Shapes  size × size, row by row
 */
export const choleskyFactor = (matrix: ArrayLike<number>, size: number): Float64Array => {
  const side = evenSide(size)
  const factor = evenFactor(matrix, size)
  return side === size ? factor : factor.filter((_, at) => at % side < size && at < size * side)
}
