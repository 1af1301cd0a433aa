/**
 * Cholesky's factor and what it solves, in float64, four rows by two. A factor lies by pairs of rows, the numbers of both
 * side by side; other matrices lie row by row. `bytes` is those of a row.
 */

/** The products of up to four rows with a pair of the factor. */
const sums: usize = memory.data(64)

/** Over the first columns, in order. */
function multiply(rows: usize, bytes: usize, pair: usize, columns: i32): void {
  const second = rows + bytes, third = second + bytes, fourth = third + bytes
  let a = f64x2.splat(0), b = f64x2.splat(0), c = f64x2.splat(0), d = f64x2.splat(0)
  for (let k: usize = 0, end = <usize>columns << 3; k < end; k += 8) {
    const factor = v128.load(pair + (k << 1))
    a = f64x2.add(a, f64x2.mul(v128.load64_splat(rows + k), factor))
    b = f64x2.add(b, f64x2.mul(v128.load64_splat(second + k), factor))
    c = f64x2.add(c, f64x2.mul(v128.load64_splat(third + k), factor))
    d = f64x2.add(d, f64x2.mul(v128.load64_splat(fourth + k), factor))
  }
  v128.store(sums, a, 0)
  v128.store(sums, b, 16)
  v128.store(sums, c, 32)
  v128.store(sums, d, 48)
}

/** Solves two columns of a row for the factor's tile on the diagonal. */
@inline function divide(at: usize, sum: usize, tile: usize): void {
  const left = f64x2.sub(v128.load(at), v128.load(sum))
  const first = f64x2.extract_lane(left, 0) / load<f64>(tile)
  store<f64>(at, first)
  store<f64>(at, (f64x2.extract_lane(left, 1) - first * load<f64>(tile, 8)) / load<f64>(tile, 24), 8)
}

/** Solves L·x = b for four rows as b, in place, from an even column to another. */
function eliminate(rows: usize, bytes: usize, factor: usize, from: i32, to: i32): void {
  for (let j = from; j < to; j += 2) {
    const pair = factor + <usize>j * bytes
    multiply(rows, bytes, pair, j)
    for (let row: usize = 0; row < 4; row++)
      divide(rows + row * bytes + (<usize>j << 3), sums + (row << 4), pair + (<usize>j << 4))
  }
}

/** Two rows of the factor, up to a column, from rows that lie one behind the other. */
function pack(pair: usize, rows: usize, bytes: usize, columns: i32): void {
  for (let k: usize = 0, end = <usize>columns << 3; k < end; k += 8) {
    store<f64>(pair + (k << 1), load<f64>(rows + k))
    store<f64>(pair + (k << 1), load<f64>(rows + bytes + k), 8)
  }
}

function unpack(rows: usize, bytes: usize, pair: usize, columns: i32): void {
  for (let k: usize = 0, end = <usize>columns << 3; k < end; k += 8) {
    store<f64>(rows + k, load<f64>(pair + (k << 1)))
    store<f64>(rows + bytes + k, load<f64>(pair + (k << 1), 8))
  }
}

/** Ends a pair of the factor: its tile on the diagonal, at column i. */
function finish(pair: usize, rows: usize, bytes: usize, i: i32): void {
  pack(pair, rows, bytes, i)
  multiply(rows, bytes, pair, i)
  const at = <usize>i << 3, tile = pair + (at << 1)
  const first = sqrt<f64>(load<f64>(rows + at) - load<f64>(sums))
  const below = (load<f64>(rows + bytes + at) - load<f64>(sums, 16)) / first
  const last = load<f64>(rows + bytes + at, 8) - load<f64>(sums, 24)
  store<f64>(tile, first)
  store<f64>(tile, below, 8)
  store<f64>(tile, 0, 16)
  store<f64>(tile, sqrt<f64>(last - below * below), 24)
}

/** L of A = L·Lᵀ, in the place of A's lower triangle; `scratch` has six rows. Sides are multiples of four. */
export function factorize(factor: usize, side: i32, scratch: usize): void {
  const bytes = <usize>side << 3
  for (let i = 0; i < side; i += 4) {
    const pair = factor + <usize>i * bytes, next = pair + 2 * bytes, lower = scratch + 2 * bytes
    unpack(scratch, bytes, pair, i + 4)
    unpack(lower, bytes, next, i + 4)
    eliminate(scratch, bytes, factor, 0, i)
    finish(pair, scratch, bytes, i)
    eliminate(scratch, bytes, factor, i, i + 2)
    finish(next, lower, bytes, i + 2)
  }
}

/** Solves L·x = b for each row as b, in place; there are a multiple of four. */
export function solve(rows: usize, count: i32, factor: usize, side: i32): void {
  const bytes = <usize>side << 3
  for (let row = 0; row < count; row += 4) eliminate(rows + <usize>row * bytes, bytes, factor, 0, side)
}
