/**
 * Windows of 3×3 that neither stride nor are dilated: four neighbouring outputs from sixteen products where the
 * definition takes thirty-six. Map and kernel are transformed, multiplied place by place as sixteen products of
 * matrices, and the result transformed back.
 *
 * Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for each tile d of 4×4; the kernel's gradient is Gᵀ[Σ (A dy Aᵀ) ⊙ (Bᵀ d B)]G.
 * Source  Lavin and Gray 2016, F(2×2, 3×3)
 */
import { fill, scratch } from './frame'
import { ACCUMULATE, columns4, columns8, finish, overGrid, rows4, rows8 } from './tile'

// @ts-ignore: decorator
@inline
function roundUp(count: i32, to: i32): i32 {
  return (count + to - 1) / to * to
}

/** From one place to the next: one cache line more than it takes, lest all sixteen compete for the same few lines. */
// @ts-ignore: decorator
@inline
function apart(bytes: usize): usize {
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

/** One row of Bᵀ d B, from two rows of the tile, added or taken away. */
// @ts-ignore: decorator
@inline
function spreadRow(a: usize, b: usize, pixel: usize, added: bool, to: usize, place: usize): void {
  const x0 = v128.load(a), x1 = v128.load(a + pixel), x2 = v128.load(a + 2 * pixel), x3 = v128.load(a + 3 * pixel)
  const y0 = v128.load(b), y1 = v128.load(b + pixel), y2 = v128.load(b + 2 * pixel), y3 = v128.load(b + 3 * pixel)
  const t0 = added ? f32x4.add(x0, y0) : f32x4.sub(x0, y0)
  const t1 = added ? f32x4.add(x1, y1) : f32x4.sub(x1, y1)
  const t2 = added ? f32x4.add(x2, y2) : f32x4.sub(x2, y2)
  const t3 = added ? f32x4.add(x3, y3) : f32x4.sub(x3, y3)
  v128.store(to, f32x4.sub(t0, t2))
  v128.store(to + place, f32x4.add(t1, t2))
  v128.store(to + 2 * place, f32x4.sub(t2, t1))
  v128.store(to + 3 * place, f32x4.sub(t1, t3))
}

/** Bᵀ d B of four channels of a tile: sixteen vectors, `place` bytes apart. */
// @ts-ignore: decorator
@inline
function spread(tile: usize, line: usize, pixel: usize, to: usize, place: usize): void {
  spreadRow(tile, tile + 2 * line, pixel, false, to, place)
  spreadRow(tile + line, tile + 2 * line, pixel, true, to + 4 * place, place)
  spreadRow(tile + 2 * line, tile + line, pixel, false, to + 8 * place, place)
  spreadRow(tile + line, tile + 3 * line, pixel, false, to + 12 * place, place)
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
