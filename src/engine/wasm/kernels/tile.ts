/**
 * The two innermost loops: four by eight sums kept in registers.
 *
 * `rows` products a row of A by packed columns of B; `columns` products that sum over pixels. What lies past the
 * last channel is read, as it is in memory anyway, and never stored.
 */

/** Added to what is there, not put in its place. */
export const ACCUMULATE: i32 = 1
/** Each column times a scale of its own. */
export const SCALE: i32 = 2
/** Each column plus a shift of its own. */
export const SHIFT: i32 = 4
export const RELU: i32 = 8
/** No more than six. */
export const SIX: i32 = 16

/** The first `count` lanes. */
// @ts-ignore: decorator
@inline
export function put(at: usize, values: v128, count: i32): void {
  if (count >= 4) {
    v128.store(at, values)
    return
  }
  if (count > 0) v128.store32_lane(at, values, 0)
  if (count > 1) v128.store32_lane(at, values, 1, 4)
  if (count > 2) v128.store32_lane(at, values, 2, 8)
}

// @ts-ignore: decorator
@inline
export function multiplyAdd(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b))
}

/** One row's four sums to memory, by the flags; most often simply stored. */
// @ts-ignore: decorator
@inline
export function finish(at: usize, sum: v128, count: i32, flags: i32, scale: usize, shift: usize): void {
  if (flags == 0 && count >= 4) {
    v128.store(at, sum)
    return
  }
  let y = sum
  if (flags & SCALE) y = f32x4.mul(y, v128.load(scale))
  if (flags & SHIFT) y = f32x4.add(y, v128.load(shift))
  if (flags & RELU) y = f32x4.pmax(y, f32x4.splat(0))
  if (flags & SIX) y = f32x4.pmin(y, f32x4.splat(6))
  if (flags & ACCUMULATE) y = f32x4.add(y, v128.load(at))
  put(at, y, count)
}

/** Eight sums, by the flags; most often simply stored, or added. */
// @ts-ignore: decorator
@inline
function finishRow(at: usize, s0: v128, s1: v128, filters: i32, flags: i32, scale: usize, shift: usize): void {
  if (flags == 0 && filters >= 8) {
    v128.store(at, s0)
    v128.store(at, s1, 16)
  } else if (flags == ACCUMULATE && filters >= 8) {
    v128.store(at, f32x4.add(s0, v128.load(at)))
    v128.store(at, f32x4.add(s1, v128.load(at, 16)), 16)
  } else {
    finish(at, s0, filters, flags, scale, shift)
    finish(at + 16, s1, filters - 4, flags, scale + 16, shift + 16)
  }
}

/**
 * A row of pixels by eight filters, four pixels at a time. Each pixel's window is `high` × `wide` runs of `run` bytes;
 * windows and columns each have a step down and a step across.
 *
 * Shapes  a the first window's corner, the next `pixel` bytes further; b [high · wide · run, 8];
 *         y [pixels, filters], `ld` bytes apart
 */
export function rows8(
  a: usize, pixel: usize, pixels: i32, high: i32, highStep: usize, wide: i32, wideStep: usize, run: usize,
  b: usize, highStepOfB: isize, wideStepOfB: isize, y: usize, ld: usize, filters: i32, flags: i32, scale: usize, shift: usize,
): void {
  for (let left = pixels; left > 0; left -= 4) {
    let s00 = f32x4.splat(0), s01 = f32x4.splat(0)
    let s10 = f32x4.splat(0), s11 = f32x4.splat(0)
    let s20 = f32x4.splat(0), s21 = f32x4.splat(0)
    let s30 = f32x4.splat(0), s31 = f32x4.splat(0)
    const second = left > 1 ? pixel : 0, third = left > 2 ? 2 * pixel : 0, fourth = left > 3 ? 3 * pixel : 0
    for (let i = 0; i < high; i++) {
      for (let j = 0; j < wide; j++) {
        let q = b + i * highStepOfB + j * wideStepOfB
        let p0 = a + <usize>i * highStep + <usize>j * wideStep
        let p1 = p0 + second, p2 = p0 + third, p3 = p0 + fourth
        const end = p0 + run
        while (p0 < end) {
          const b0 = v128.load(q), b1 = v128.load(q, 16)
          const x0 = v128.load32_splat(p0)
          s00 = multiplyAdd(s00, x0, b0)
          s01 = multiplyAdd(s01, x0, b1)
          const x1 = v128.load32_splat(p1)
          s10 = multiplyAdd(s10, x1, b0)
          s11 = multiplyAdd(s11, x1, b1)
          const x2 = v128.load32_splat(p2)
          s20 = multiplyAdd(s20, x2, b0)
          s21 = multiplyAdd(s21, x2, b1)
          const x3 = v128.load32_splat(p3)
          s30 = multiplyAdd(s30, x3, b0)
          s31 = multiplyAdd(s31, x3, b1)
          p0 += 4
          p1 += 4
          p2 += 4
          p3 += 4
          q += 32
        }
      }
    }
    finishRow(y, s00, s01, filters, flags, scale, shift)
    if (left > 1) finishRow(y + ld, s10, s11, filters, flags, scale, shift)
    if (left > 2) finishRow(y + 2 * ld, s20, s21, filters, flags, scale, shift)
    if (left > 3) finishRow(y + 3 * ld, s30, s31, filters, flags, scale, shift)
    a += 4 * pixel
    y += 4 * ld
  }
}

/** The same for the last four filters or fewer. Shapes  b [high · wide · run, 4] */
export function rows4(
  a: usize, pixel: usize, pixels: i32, high: i32, highStep: usize, wide: i32, wideStep: usize, run: usize,
  b: usize, highStepOfB: isize, wideStepOfB: isize, y: usize, ld: usize, filters: i32, flags: i32, scale: usize, shift: usize,
): void {
  for (let left = pixels; left > 0; left -= 4) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0)
    const second = left > 1 ? pixel : 0, third = left > 2 ? 2 * pixel : 0, fourth = left > 3 ? 3 * pixel : 0
    for (let i = 0; i < high; i++) {
      for (let j = 0; j < wide; j++) {
        let q = b + i * highStepOfB + j * wideStepOfB
        let p0 = a + <usize>i * highStep + <usize>j * wideStep
        let p1 = p0 + second, p2 = p0 + third, p3 = p0 + fourth
        const end = p0 + run
        while (p0 < end) {
          const b0 = v128.load(q)
          s0 = multiplyAdd(s0, v128.load32_splat(p0), b0)
          s1 = multiplyAdd(s1, v128.load32_splat(p1), b0)
          s2 = multiplyAdd(s2, v128.load32_splat(p2), b0)
          s3 = multiplyAdd(s3, v128.load32_splat(p3), b0)
          p0 += 4
          p1 += 4
          p2 += 4
          p3 += 4
          q += 16
        }
      }
    }
    finish(y, s0, filters, flags, scale, shift)
    if (left > 1) finish(y + ld, s1, filters, flags, scale, shift)
    if (left > 2) finish(y + 2 * ld, s2, filters, flags, scale, shift)
    if (left > 3) finish(y + 3 * ld, s3, filters, flags, scale, shift)
    a += 4 * pixel
    y += 4 * ld
  }
}

let gridImages: i32 = 0, gridRows: i32 = 0, gridColumns: i32 = 0
let aImage: usize = 0, aRow: usize = 0, aColumn: usize = 0
let bImage: usize = 0, bRow: usize = 0, bColumn: usize = 0

/** The pixels that `columns8` and `columns4` sum over, and the bytes from one to the next along each axis of a and b. */
export function overGrid(
  images: i32, rows: i32, columns: i32,
  imageOfA: usize, rowOfA: usize, columnOfA: usize,
  imageOfB: usize, rowOfB: usize, columnOfB: usize,
): void {
  gridImages = images
  gridRows = rows
  gridColumns = columns
  aImage = imageOfA
  aRow = rowOfA
  aColumn = columnOfA
  bImage = imageOfB
  bRow = rowOfB
  bColumn = columnOfB
}

/** Σ over the grid of a[0…3] × b[0…7]. Shapes  y `channels` ≤ 4 rows, `ld` bytes apart, of `filters` ≤ 8 */
export function columns8(a: usize, b: usize, y: usize, ld: usize, channels: i32, filters: i32, flags: i32): void {
  let s00 = f32x4.splat(0), s01 = f32x4.splat(0)
  let s10 = f32x4.splat(0), s11 = f32x4.splat(0)
  let s20 = f32x4.splat(0), s21 = f32x4.splat(0)
  let s30 = f32x4.splat(0), s31 = f32x4.splat(0)
  const aStep = aColumn, bStep = bColumn, columns = gridColumns
  for (let n = 0; n < gridImages; n++) {
    for (let row = 0; row < gridRows; row++) {
      let p = a + <usize>n * aImage + <usize>row * aRow
      let q = b + <usize>n * bImage + <usize>row * bRow
      for (let left = columns; left > 0; left--) {
        const b0 = v128.load(q), b1 = v128.load(q, 16)
        const x0 = v128.load32_splat(p)
        s00 = multiplyAdd(s00, x0, b0)
        s01 = multiplyAdd(s01, x0, b1)
        const x1 = v128.load32_splat(p, 4)
        s10 = multiplyAdd(s10, x1, b0)
        s11 = multiplyAdd(s11, x1, b1)
        const x2 = v128.load32_splat(p, 8)
        s20 = multiplyAdd(s20, x2, b0)
        s21 = multiplyAdd(s21, x2, b1)
        const x3 = v128.load32_splat(p, 12)
        s30 = multiplyAdd(s30, x3, b0)
        s31 = multiplyAdd(s31, x3, b1)
        p += aStep
        q += bStep
      }
    }
  }
  finishRow(y, s00, s01, filters, flags, 0, 0)
  if (channels > 1) finishRow(y + ld, s10, s11, filters, flags, 0, 0)
  if (channels > 2) finishRow(y + 2 * ld, s20, s21, filters, flags, 0, 0)
  if (channels > 3) finishRow(y + 3 * ld, s30, s31, filters, flags, 0, 0)
}

/** The same for the last four filters or fewer. */
export function columns4(a: usize, b: usize, y: usize, ld: usize, channels: i32, filters: i32, flags: i32): void {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0)
  const aStep = aColumn, bStep = bColumn, columns = gridColumns
  for (let n = 0; n < gridImages; n++) {
    for (let row = 0; row < gridRows; row++) {
      let p = a + <usize>n * aImage + <usize>row * aRow
      let q = b + <usize>n * bImage + <usize>row * bRow
      for (let left = columns; left > 0; left--) {
        const b0 = v128.load(q)
        s0 = multiplyAdd(s0, v128.load32_splat(p), b0)
        s1 = multiplyAdd(s1, v128.load32_splat(p, 4), b0)
        s2 = multiplyAdd(s2, v128.load32_splat(p, 8), b0)
        s3 = multiplyAdd(s3, v128.load32_splat(p, 12), b0)
        p += aStep
        q += bStep
      }
    }
  }
  finish(y, s0, filters, flags, 0, 0)
  if (channels > 1) finish(y + ld, s1, filters, flags, 0, 0)
  if (channels > 2) finish(y + 2 * ld, s2, filters, flags, 0, 0)
  if (channels > 3) finish(y + 3 * ld, s3, filters, flags, 0, 0)
}
