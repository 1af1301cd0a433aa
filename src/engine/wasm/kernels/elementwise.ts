/** One value at a time: flat over whole buffers, whose ends are padded to a whole vector, or stretched over rows. */
import { erf, exp, log, sigmoid, sign, tanh } from './math'
import { put } from './tile'

// @ts-ignore: decorator
@inline
function unaryOf(kind: i32, x: v128): v128 {
  const zero = f32x4.splat(0)
  switch (kind) {
    case 0: return f32x4.pmax(x, zero)
    case 1: return f32x4.pmin(f32x4.pmax(x, zero), f32x4.splat(6))
    case 2: return sigmoid(x)
    case 3: return tanh(x)
    case 4: return exp(x)
    case 5: return log(x)
    case 6: return f32x4.sqrt(x)
    case 7: return f32x4.mul(x, x)
    case 8: return f32x4.abs(x)
    case 9: return sign(x)
    case 10: return f32x4.neg(x)
    default: return erf(x)
  }
}

// @ts-ignore: decorator
@inline
function binaryOf(kind: i32, a: v128, b: v128): v128 {
  switch (kind) {
    case 0: return f32x4.add(a, b)
    case 1: return f32x4.sub(a, b)
    case 2: return f32x4.mul(a, b)
    case 3: return f32x4.div(a, b)
    case 4: return f32x4.pmin(a, b)
    case 5: return f32x4.pmax(a, b)
    case 6: return v128.and(f32x4.splat(1), f32x4.gt(a, b))
    case 7: return v128.and(a, f32x4.gt(b, f32x4.splat(0)))
    default: return v128.and(a, v128.and(f32x4.gt(b, f32x4.splat(0)), f32x4.lt(b, f32x4.splat(6))))
  }
}

// @ts-ignore: decorator
@inline
function eachOf(kind: i32, from: i32, to: i32, x: usize, y: usize): void {
  for (let at = <usize>from << 4, end = <usize>to << 4; at < end; at += 16)
    v128.store(y + at, unaryOf(kind, v128.load(x + at)))
}

/** The kinds in order: relu, relu6, sigmoid, tanh, exp, log, sqrt, square, abs, sign, neg, erf. */
export function unary(
  from: i32, to: i32, // vectors of four
  kind: i32, x: usize, y: usize,
): void {
  switch (kind) {
    case 0: return eachOf(0, from, to, x, y)
    case 1: return eachOf(1, from, to, x, y)
    case 2: return eachOf(2, from, to, x, y)
    case 3: return eachOf(3, from, to, x, y)
    case 4: return eachOf(4, from, to, x, y)
    case 5: return eachOf(5, from, to, x, y)
    case 6: return eachOf(6, from, to, x, y)
    case 7: return eachOf(7, from, to, x, y)
    case 8: return eachOf(8, from, to, x, y)
    case 9: return eachOf(9, from, to, x, y)
    case 10: return eachOf(10, from, to, x, y)
    default: return eachOf(11, from, to, x, y)
  }
}

// @ts-ignore: decorator
@inline
function pairOf(kind: i32, from: i32, to: i32, a: usize, b: usize, y: usize): void {
  for (let at = <usize>from << 4, end = <usize>to << 4; at < end; at += 16)
    v128.store(y + at, binaryOf(kind, v128.load(a + at), v128.load(b + at)))
}

/** The kinds in order: add, sub, mul, div, minimum, maximum, greater, reluGrad, relu6Grad. Shapes  all alike */
export function binary(
  from: i32, to: i32, // vectors of four
  kind: i32, a: usize, b: usize, y: usize,
): void {
  switch (kind) {
    case 0: return pairOf(0, from, to, a, b, y)
    case 1: return pairOf(1, from, to, a, b, y)
    case 2: return pairOf(2, from, to, a, b, y)
    case 3: return pairOf(3, from, to, a, b, y)
    case 4: return pairOf(4, from, to, a, b, y)
    case 5: return pairOf(5, from, to, a, b, y)
    case 6: return pairOf(6, from, to, a, b, y)
    case 7: return pairOf(7, from, to, a, b, y)
    default: return pairOf(8, from, to, a, b, y)
  }
}

// @ts-ignore: decorator
@inline
function at(base: usize, index: i32, moves: i32): v128 {
  return moves ? v128.load(base + (<usize>index << 2)) : v128.load32_splat(base)
}

/** Where a row of a stretched side begins: rows lie in blocks, and each block and each row has a step. */
// @ts-ignore: decorator
@inline
function rowAt(base: usize, row: i32, block: i32, blockStep: i32, rowStep: i32): usize {
  const nth = row / block
  return base + (<usize>(nth * blockStep + (row - nth * block) * rowStep) << 2)
}

// @ts-ignore: decorator
@inline
function rowsOf(
  kind: i32, from: i32, to: i32, block: i32, a: usize, aBlock: i32, aRow: i32, aMoves: i32,
  b: usize, bBlock: i32, bRow: i32, bMoves: i32, y: usize, inner: i32,
): void {
  for (let row = from; row < to; row++) {
    const p = rowAt(a, row, block, aBlock, aRow), q = rowAt(b, row, block, bBlock, bRow)
    const out = y + (<usize>(row * inner) << 2)
    for (let i = 0; i < inner; i += 4)
      put(out + (<usize>i << 2), binaryOf(kind, at(p, i, aMoves), at(q, i, bMoves)), inner - i)
  }
}

/**
 * The same with either side stretched: along the rows where its row step is 0, within them where it does not move.
 *
 * Shapes  y [rows, inner], rows in blocks; steps in floats
 */
export function stretched(
  from: i32, to: i32, // rows
  kind: i32, block: i32, a: usize, aBlock: i32, aRow: i32, aMoves: i32, b: usize, bBlock: i32, bRow: i32, bMoves: i32, y: usize, inner: i32,
): void {
  switch (kind) {
    case 0: return rowsOf(0, from, to, block, a, aBlock, aRow, aMoves, b, bBlock, bRow, bMoves, y, inner)
    case 1: return rowsOf(1, from, to, block, a, aBlock, aRow, aMoves, b, bBlock, bRow, bMoves, y, inner)
    case 2: return rowsOf(2, from, to, block, a, aBlock, aRow, aMoves, b, bBlock, bRow, bMoves, y, inner)
    case 3: return rowsOf(3, from, to, block, a, aBlock, aRow, aMoves, b, bBlock, bRow, bMoves, y, inner)
    case 4: return rowsOf(4, from, to, block, a, aBlock, aRow, aMoves, b, bBlock, bRow, bMoves, y, inner)
    case 5: return rowsOf(5, from, to, block, a, aBlock, aRow, aMoves, b, bBlock, bRow, bMoves, y, inner)
    case 6: return rowsOf(6, from, to, block, a, aBlock, aRow, aMoves, b, bBlock, bRow, bMoves, y, inner)
    case 7: return rowsOf(7, from, to, block, a, aBlock, aRow, aMoves, b, bBlock, bRow, bMoves, y, inner)
    default: return rowsOf(8, from, to, block, a, aBlock, aRow, aMoves, b, bBlock, bRow, bMoves, y, inner)
  }
}

/** One side copied out. Shapes  y [rows, inner], rows in blocks */
export function stretch(
  from: i32, to: i32, // rows
  block: i32, x: usize, xBlock: i32, xRow: i32, moves: i32, y: usize, inner: i32,
): void {
  for (let row = from; row < to; row++) {
    const p = rowAt(x, row, block, xBlock, xRow)
    const out = y + (<usize>(row * inner) << 2)
    for (let i = 0; i < inner; i += 4) put(out + (<usize>i << 2), at(p, i, moves), inner - i)
  }
}

/** Rows of `count` floats from one place to another, each side with a step of its own in bytes. */
export function move(
  from: i32, to: i32, // rows
  x: usize, ldx: usize, y: usize, ldy: usize, count: i32,
): void {
  for (let row = from; row < to; row++) {
    const p = x + <usize>row * ldx, q = y + <usize>row * ldy
    for (let i = 0; i < count; i += 4) put(q + (<usize>i << 2), v128.load(p + (<usize>i << 2)), count - i)
  }
}
