/**
 * The gradient to a kernel of 3×3, by tiles of four outputs: Gᵀ[Σ (A dy Aᵀ) ⊙ (Bᵀ d B)]G.
 *
 * Source  Lavin and Gray 2016, F(2×2, 3×3)
 */
import { fill, scratch } from '../frame'
import { ACCUMULATE, columns4, columns8, finish, overGrid } from '../tile'
import { apart, roundUp, spread } from '../winograd'

/** One row of A dy Aᵀ, from a row of two. */
// @ts-ignore: decorator
@inline
function widen(a: v128, b: v128, to: usize, place: usize): void {
  v128.store(to, a)
  v128.store(to + place, f32x4.add(a, b))
  v128.store(to + 2 * place, f32x4.sub(a, b))
  v128.store(to + 3 * place, f32x4.neg(b))
}

/** One value of Gᵀ p, of a column of four. */
// @ts-ignore: decorator
@inline
function lowered(row: i32, a: v128, b: v128, c: v128, d: v128): v128 {
  const half = f32x4.splat(0.5)
  if (row == 1) return f32x4.mul(half, f32x4.sub(b, c))
  const middle = f32x4.mul(half, f32x4.add(b, c))
  return f32x4.add(middle, row == 0 ? a : d)
}

/** Gᵀ P G of four filters, for one tap. */
// @ts-ignore: decorator
@inline
function tapOf(i: i32, j: i32, p: usize, place: usize): v128 {
  const row = 4 * place
  const c0 = lowered(i, v128.load(p), v128.load(p + row), v128.load(p + 2 * row), v128.load(p + 3 * row))
  const q1 = p + place
  const c1 = lowered(i, v128.load(q1), v128.load(q1 + row), v128.load(q1 + 2 * row), v128.load(q1 + 3 * row))
  const q2 = p + 2 * place
  const c2 = lowered(i, v128.load(q2), v128.load(q2 + row), v128.load(q2 + 2 * row), v128.load(q2 + 3 * row))
  const q3 = p + 3 * place
  const c3 = lowered(i, v128.load(q3), v128.load(q3 + row), v128.load(q3 + 2 * row), v128.load(q3 + 3 * row))
  return lowered(j, c0, c1, c2, c3)
}

/**
 * The gradient to a kernel of 3×3, a few images at a time.
 *
 * Shapes  x [images, height, width, channels], dy [images, rows, columns, filters] → dk [3, 3, channels, filters]
 */
export function convolveTilesKernel(
  from: i32, to: i32, // blocks of four channels
  images: i32, x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  high: i32, wide: i32, top: i32, left: i32, group: i32,
  dy: usize, ldd: usize, rows: i32, columns: i32, filters: i32, dk: usize,
): void {
  const pixel = <usize>channels << 2
  const line = <usize>wide * pixel
  const image = <usize>high * line
  const across = (wide - 2) >> 1, down = (high - 2) >> 1
  const area = across * down
  const breadth = <usize>roundUp(filters, 8) << 2
  const most = <usize>(group * area)
  const placeOfD = apart(most << 4), placeOfS = apart(most * breadth), placeOfP = breadth << 2
  const d = scratch + ((<usize>group * image + 79) & ~15)
  const s = d + 16 * placeOfD + 64
  const p = s + 16 * placeOfS + 64
  memory.fill(scratch, 0, <usize>group * image)
  memory.fill(p, 0, <usize>(to - from) * 16 * placeOfP)
  for (let n = 0; n < images; n += group) {
    const some = min(group, images - n)
    const tiles = some * area
    for (let g = 0; g < some; g++) {
      fill(scratch + <usize>g * image, high, wide, top, left, 1, 1, x + <usize>(n + g) * <usize>(height * width) * ldx, ldx, height, width, channels)
      for (let i = 0; i < rows; i += 2) {
        for (let j = 0; j < columns; j += 2) {
          const at = dy + <usize>(((n + g) * rows + i) * columns + j) * ldd
          const out = s + <usize>(g * area + (i >> 1) * across + (j >> 1)) * breadth
          const right = j + 1 < columns, under = i + 1 < rows
          for (let place: usize = 0; place < breadth; place += 16) {
            const zero = f32x4.splat(0)
            const y00 = v128.load(at + place)
            const y01 = right ? v128.load(at + ldd + place) : zero
            const y10 = under ? v128.load(at + <usize>columns * ldd + place) : zero
            const y11 = right && under ? v128.load(at + <usize>(columns + 1) * ldd + place) : zero
            const o = out + place
            widen(y00, y01, o, placeOfS)
            widen(f32x4.add(y00, y10), f32x4.add(y01, y11), o + 4 * placeOfS, placeOfS)
            widen(f32x4.sub(y00, y10), f32x4.sub(y01, y11), o + 8 * placeOfS, placeOfS)
            widen(f32x4.neg(y10), f32x4.neg(y11), o + 12 * placeOfS, placeOfS)
          }
        }
      }
    }
    overGrid(1, 1, tiles, 0, 0, 16, 0, 0, breadth)
    for (let block = from; block < to; block++) {
      for (let g = 0; g < some; g++) {
        for (let row = 0; row < down; row++) {
          for (let column = 0; column < across; column++) {
            const tile = scratch + <usize>g * image + <usize>(2 * row) * line + <usize>(2 * column) * pixel + (<usize>block << 4)
            spread(tile, line, pixel, d + (<usize>(g * area + row * across + column) << 4), placeOfD)
          }
        }
      }
      const sums = p + <usize>(block - from) * 16 * placeOfP
      for (let place = 0; place < 16; place++) {
        const a = d + <usize>place * placeOfD
        const b = s + <usize>place * placeOfS
        const out = sums + <usize>place * placeOfP
        for (let f = 0; f < filters; f += 8) {
          const at = <usize>f << 2
          if (filters - f <= 4) columns4(a, b + at, out + at, breadth, 4, 4, ACCUMULATE)
          else columns8(a, b + at, out + at, breadth, 4, 8, ACCUMULATE)
        }
      }
    }
  }
  const taps = <usize>(channels * filters) << 2
  for (let block = from; block < to; block++) {
    const sums = p + <usize>(block - from) * 16 * placeOfP
    for (let c = 0, count = min(channels - 4 * block, 4); c < count; c++) {
      for (let f = 0; f < filters; f += 4) {
        const q = sums + <usize>c * breadth + (<usize>f << 2)
        const out = dk + (<usize>((4 * block + c) * filters + f) << 2)
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++) finish(out + <usize>(3 * i + j) * taps, tapOf(i, j, q, placeOfP), filters - f, 0, 0, 0)
      }
    }
  }
}
