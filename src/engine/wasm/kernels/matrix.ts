/** Square matrices and vectors as a whole; too small to be worth sharing out. */

// @ts-ignore: decorator
@inline
function get(matrix: usize, index: i32): f64 {
  return load<f64>(matrix + (<usize>index << 3))
}

// @ts-ignore: decorator
@inline
function set(matrix: usize, index: i32, value: f64): void {
  store<f64>(matrix + (<usize>index << 3), value)
}

/**
 * Of a symmetric positive matrix, in float64 by Cholesky's factor: A = L·Lᵀ, A⁻¹ = L⁻ᵀ·L⁻¹. NaN where it is not positive.
 *
 * Shapes  x, y [size, size]; work 2 · size² doubles
 */
export function inverse(from: i32, to: i32, x: usize, size: i32, work: usize, y: usize): void {
  if (from == to) return
  const lower = work, back = work + (<usize>(size * size) << 3)
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let rest = <f64>load<f32>(x + (<usize>(i * size + j) << 2))
      for (let k = 0; k < j; k++) rest -= get(lower, i * size + k) * get(lower, j * size + k)
      set(lower, i * size + j, i == j ? sqrt(rest) : rest / get(lower, j * size + j))
    }
  // row j of `back` is column j of L⁻¹, so that both are read along rows
  for (let j = 0; j < size; j++)
    for (let i = j; i < size; i++) {
      let rest: f64 = i == j ? 1 : 0
      for (let k = j; k < i; k++) rest -= get(lower, i * size + k) * get(back, j * size + k)
      set(back, j * size + i, rest / get(lower, i * size + i))
    }
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum: f64 = 0
      for (let k = i; k < size; k++) sum += get(back, i * size + k) * get(back, j * size + k)
      store<f32>(y + (<usize>(i * size + j) << 2), <f32>sum)
      store<f32>(y + (<usize>(j * size + i) << 2), <f32>sum)
    }
}

/** 1 at the `count` largest values and at those equal to the last of them, else 0: fewer than `count` are larger. */
export function largest(
  from: i32, to: i32, // values
  x: usize, size: i32, count: i32, y: usize,
): void {
  for (let i = from; i < to; i++) {
    const value = load<f32>(x + (<usize>i << 2))
    let above = 0
    for (let j = 0; j < size; j++) above += i32(load<f32>(x + (<usize>j << 2)) > value)
    store<f32>(y + (<usize>i << 2), above < count ? 1 : 0)
  }
}

/** 1 on the diagonal. */
export function eye(
  from: i32, to: i32, // rows
  size: i32, y: usize,
): void {
  for (let row = from; row < to; row++) {
    const line = y + (<usize>(row * size) << 2)
    memory.fill(line, 0, <usize>size << 2)
    store<f32>(line + (<usize>row << 2), 1)
  }
}

/** Shapes  x [rows, columns] → y [columns, rows] */
export function transpose(
  from: i32, to: i32, // rows
  x: usize, rows: i32, columns: i32, y: usize,
): void {
  for (let row = from; row < to; row++)
    for (let column = 0; column < columns; column++)
      store<f32>(y + (<usize>(column * rows + row) << 2), load<f32>(x + (<usize>(row * columns + column) << 2)))
}
