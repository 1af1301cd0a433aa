/**
 * Windows of 3×3 that neither stride nor are dilated: four neighbouring outputs from sixteen products where the
 * definition takes thirty-six. Map and kernel are transformed, multiplied place by place as sixteen products of
 * matrices, and the result transformed back.
 *
 * Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for each tile d of 4×4.
 * Source  Lavin and Gray 2016, F(2×2, 3×3)
 */
import { fill, scratch } from './frame'
import { finish, rows4, rows8 } from './tile'

// @ts-ignore: decorator
@inline
export function roundUp(count: i32, to: i32): i32 {
  return (count + to - 1) / to * to
}

/** From one place to the next: one cache line more than it takes, lest all sixteen compete for the same few lines. */
// @ts-ignore: decorator
@inline
export function apart(bytes: usize): usize {
  return ((bytes + 63) & ~63) + 64
}

/** One value of G g, of a column of three. */
// @ts-ignore: decorator
@inline
function raised(row: i32, a: f32, b: f32, c: f32): f32 {
  if (row == 0) return a
  if (row == 3) return c
  const ends: f32 = 0.5 * (a + c)
  return row == 1 ? ends + <f32>0.5 * b : ends - <f32>0.5 * b
}

/**
 * A kernel or its mirror, transformed and packed as `pack` does.
 *
 * Shapes  source: 9 × `depth` × `width` values, their strides in floats → target [16][panel][depth][8 or 4]
 */
export function packTiles(
  from: i32, to: i32, // panels
  source: usize, target: usize, depth: i32, width: i32, tapStep: i32, depthStep: i32, widthStep: i32,
): void {
  const place = <usize>(depth * roundUp(width, 8)) << 2
  for (let panel = from; panel < to; panel++) {
    const first = panel * 8
    const columns = width - first > 4 ? 8 : 4
    for (let d = 0; d < depth; d++) {
      for (let column = 0; column < columns; column++) {
        const out = target + (<usize>(first * depth + d * columns + column) << 2)
        const inside = first + column < width
        const base = source + (<isize>(d * depthStep + (first + column) * widthStep) << 2)
        for (let i = 0; i < 4; i++) {
          let r0: f32 = 0, r1: f32 = 0, r2: f32 = 0
          if (inside) {
            const next = <isize>tapStep << 2
            r0 = raised(i, load<f32>(base), load<f32>(base + 3 * next), load<f32>(base + 6 * next))
            r1 = raised(i, load<f32>(base + next), load<f32>(base + 4 * next), load<f32>(base + 7 * next))
            r2 = raised(i, load<f32>(base + 2 * next), load<f32>(base + 5 * next), load<f32>(base + 8 * next))
          }
          for (let j = 0; j < 4; j++) store<f32>(out + <usize>(4 * i + j) * place, raised(j, r0, r1, r2))
        }
      }
    }
  }
}

/** One row of a product with B. */
// @ts-ignore: decorator
@inline
function storeRow(t0: v128, t1: v128, t2: v128, t3: v128, to: usize, place: usize): void {
  v128.store(to, f32x4.sub(t0, t2))
  v128.store(to + place, f32x4.add(t1, t2))
  v128.store(to + 2 * place, f32x4.sub(t2, t1))
  v128.store(to + 3 * place, f32x4.sub(t1, t3))
}

/** The difference of two rows of a tile, times B. */
// @ts-ignore: decorator
@inline
function spreadRow(a: usize, b: usize, pixel: usize, to: usize, place: usize): void {
  const t0 = f32x4.sub(v128.load(a), v128.load(b))
  const t1 = f32x4.sub(v128.load(a + pixel), v128.load(b + pixel))
  const t2 = f32x4.sub(v128.load(a + 2 * pixel), v128.load(b + 2 * pixel))
  const t3 = f32x4.sub(v128.load(a + 3 * pixel), v128.load(b + 3 * pixel))
  storeRow(t0, t1, t2, t3, to, place)
}

/** Bᵀ d B of four channels of a tile: sixteen vectors, `place` bytes apart. The inner rows are read once for both of theirs. */
// @ts-ignore: decorator
@inline
export function spread(tile: usize, line: usize, pixel: usize, to: usize, place: usize): void {
  const a = tile + line, b = a + line
  spreadRow(tile, b, pixel, to, place)
  const x0 = v128.load(a), x1 = v128.load(a + pixel), x2 = v128.load(a + 2 * pixel), x3 = v128.load(a + 3 * pixel)
  const y0 = v128.load(b), y1 = v128.load(b + pixel), y2 = v128.load(b + 2 * pixel), y3 = v128.load(b + 3 * pixel)
  storeRow(f32x4.add(x0, y0), f32x4.add(x1, y1), f32x4.add(x2, y2), f32x4.add(x3, y3), to + 4 * place, place)
  storeRow(f32x4.sub(y0, x0), f32x4.sub(y1, x1), f32x4.sub(y2, x2), f32x4.sub(y3, x3), to + 8 * place, place)
  spreadRow(a, b + line, pixel, to + 12 * place, place)
}

// @ts-ignore: decorator
@inline
function upper(m: usize, place: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(m), v128.load(m + 4 * place)), v128.load(m + 8 * place))
}

// @ts-ignore: decorator
@inline
function lower(m: usize, place: usize): v128 {
  return f32x4.sub(f32x4.sub(v128.load(m + 4 * place), v128.load(m + 8 * place)), v128.load(m + 12 * place))
}

/**
 * A convolution of 3×3.
 *
 * Shapes  x [images, height, width, channels] → y [images, rows, columns, filters]; ld… in bytes;
 *         the frame [high, wide] holds two pixels more than the tiles of outputs on each axis
 */
export function convolveTiles(
  from: i32, to: i32, // images
  x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  high: i32, wide: i32, top: i32, left: i32, strip: i32,
  packed: usize, filters: i32,
  y: usize, ldy: usize, rows: i32, columns: i32, flags: i32, scale: usize, shift: usize,
): void {
  const pixel = <usize>channels << 2
  const line = <usize>wide * pixel
  const across = (wide - 2) >> 1, down = (high - 2) >> 1
  const depth = <usize>roundUp(channels, 4) << 2, breadth = <usize>roundUp(filters, 8) << 2
  const most = roundUp(strip * across, 4)
  const placeOfD = apart(<usize>most * depth), placeOfM = apart(<usize>most * breadth)
  const placeOfG = <usize>channels * breadth
  const d = scratch + ((<usize>high * line + 79) & ~15)
  const m = d + 16 * placeOfD + 64
  memory.fill(scratch, 0, <usize>high * line)
  for (let n = from; n < to; n++) {
    fill(scratch, high, wide, top, left, 1, 1, x + <usize>n * <usize>(height * width) * ldx, ldx, height, width, channels)
    for (let first = 0; first < down; first += strip) {
      const some = min(strip, down - first)
      const tiles = some * across
      for (let row = 0; row < some; row++) {
        for (let column = 0; column < across; column++) {
          const tile = scratch + <usize>(2 * (first + row)) * line + <usize>(2 * column) * pixel
          const out = d + <usize>(row * across + column) * depth
          for (let at: usize = 0; at < pixel; at += 16) spread(tile + at, line, pixel, out + at, placeOfD)
        }
      }
      for (let place = 0; place < 16; place++) {
        const a = d + <usize>place * placeOfD
        const g = packed + <usize>place * placeOfG
        const out = m + <usize>place * placeOfM
        for (let f = 0; f < filters; f += 8) {
          const b = g + <usize>f * pixel
          const at = out + (<usize>f << 2)
          if (filters - f <= 4) rows4(a, depth, tiles, 1, 0, 1, 0, pixel, b, 0, 0, at, breadth, 4, 0, 0, 0)
          else rows8(a, depth, tiles, 1, 0, 1, 0, pixel, b, 0, 0, at, breadth, 8, 0, 0, 0)
        }
      }
      for (let row = 0; row < some; row++) {
        const i = 2 * (first + row)
        for (let column = 0; column < across; column++) {
          const j = 2 * column
          const at = m + <usize>(row * across + column) * breadth
          const out = y + <usize>((n * rows + i) * columns + j) * ldy
          const under = out + <usize>columns * ldy
          for (let f = 0; f < filters; f += 4) {
            const place = <usize>f << 2
            const left = filters - f
            const s = at + place
            const u0 = upper(s, placeOfM), u1 = upper(s + placeOfM, placeOfM)
            const u2 = upper(s + 2 * placeOfM, placeOfM), u3 = upper(s + 3 * placeOfM, placeOfM)
            finish(out + place, f32x4.add(f32x4.add(u0, u1), u2), left, flags, scale + place, shift + place)
            if (j + 1 < columns)
              finish(out + ldy + place, f32x4.sub(f32x4.sub(u1, u2), u3), left, flags, scale + place, shift + place)
            if (i + 1 < rows) {
              const l0 = lower(s, placeOfM), l1 = lower(s + placeOfM, placeOfM)
              const l2 = lower(s + 2 * placeOfM, placeOfM), l3 = lower(s + 3 * placeOfM, placeOfM)
              finish(under + place, f32x4.add(f32x4.add(l0, l1), l2), left, flags, scale + place, shift + place)
              if (j + 1 < columns)
                finish(under + ldy + place, f32x4.sub(f32x4.sub(l1, l2), l3), left, flags, scale + place, shift + place)
            }
          }
        }
      }
    }
  }
}
