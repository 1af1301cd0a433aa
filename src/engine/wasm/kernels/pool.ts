/** Pools and their gradients; what lies outside the map takes no part. */
import { scratch } from './frame'
import { put } from './tile'

/**
 * The largest of each window: first down the columns of a row of windows, then along them, both over whole rows of
 * numbers. The row between lies in the scratch, with −∞ on both sides.
 *
 * Shapes  x [images, height, width, channels] → y [images, rows, columns, channels]
 */
export function maxPool(
  from: i32, to: i32, // images
  x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  tall: i32, broad: i32, down: i32, across: i32, top: i32, left: i32,
  y: usize, ldy: usize, rows: i32, columns: i32,
): void {
  const bytes = <usize>channels << 2
  const begin = scratch + <usize>left * bytes
  const behind = begin + <usize>width * bytes
  const end = scratch + <usize>((columns - 1) * across + broad) * bytes
  const bottom = f32x4.splat(-Infinity)
  for (let at = scratch; at < begin; at += 4) store<f32>(at, -Infinity)
  for (let at = behind; at < end; at += 4) store<f32>(at, -Infinity)
  for (let n = from; n < to; n++) {
    const image = x + <usize>(n * height * width) * ldx
    for (let row = 0; row < rows; row++) {
      const low = max(row * down - top, 0), high = min(row * down - top + tall, height)
      for (let column = 0; column < width; column++) {
        const p = image + <usize>(low * width + column) * ldx
        const q = begin + <usize>column * bytes
        for (let at: usize = 0; at < bytes; at += 16) {
          let best = bottom
          let r = p + at
          for (let i = low; i < high; i++) {
            best = f32x4.pmax(v128.load(r), best)
            r += <usize>width * ldx
          }
          put(q + at, best, <i32>((bytes - at) >> 2))
        }
      }
      const out = y + <usize>((n * rows + row) * columns) * ldy
      for (let column = 0; column < columns; column++) {
        const p = scratch + <usize>(column * across) * bytes
        const q = out + <usize>column * ldy
        for (let at: usize = 0; at < bytes; at += 16) {
          let best = v128.load(p + at)
          for (let r = p + at + bytes, last = p + at + <usize>broad * bytes; r < last; r += bytes)
            best = f32x4.pmax(v128.load(r), best)
          put(q + at, best, <i32>((bytes - at) >> 2))
        }
      }
    }
  }
}

/** Adds a signal where its window first meets its largest value. */
// @ts-ignore: decorator
@inline
function route(
  p: usize, q: usize, high: i32, wide: i32, nextRow: usize, ldx: usize, backRow: usize, bytes: usize,
  best: v128, dy: v128, count: i32, whole: bool,
): void {
  let signal = dy
  for (let i = high; i > 0; i--) {
    let a = p, b = q
    for (let j = wide; j > 0; j--) {
      const here = f32x4.eq(v128.load(a), best)
      const sum = f32x4.add(v128.load(b), v128.and(signal, here))
      if (whole) v128.store(b, sum)
      else put(b, sum, count)
      signal = v128.andnot(signal, here)
      a += ldx
      b += bytes
    }
    p += nextRow
    q += backRow
  }
}

/** To the first value that equals the window's largest. Shapes  dy, y [images, rows, columns, channels] → dx as x */
export function maxPoolGrad(
  from: i32, to: i32, // images
  dy: usize, ldd: usize, x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  tall: i32, broad: i32, down: i32, across: i32, top: i32, left: i32,
  y: usize, ldy: usize, rows: i32, columns: i32, dx: usize, accumulate: i32,
): void {
  const bytes = <usize>channels << 2
  const whole = <usize>(channels >> 2) << 4
  const nextRow = <usize>width * ldx, backRow = <usize>width * bytes
  for (let n = from; n < to; n++) {
    const image = x + <usize>(n * height * width) * ldx
    const back = dx + <usize>(n * height * width) * bytes
    if (!accumulate) memory.fill(back, 0, <usize>(height * width) * bytes)
    for (let row = 0; row < rows; row++) {
      const low = max(row * down - top, 0), high = min(row * down - top + tall, height) - low
      for (let column = 0; column < columns; column++) {
        const near = max(column * across - left, 0), wide = min(column * across - left + broad, width) - near
        const pixel = <usize>((n * rows + row) * columns + column)
        const corner = <usize>(low * width + near)
        const p = image + corner * ldx, q = back + corner * bytes
        const best = y + pixel * ldy, signal = dy + pixel * ldd
        for (let at: usize = 0; at < whole; at += 16)
          route(p + at, q + at, high, wide, nextRow, ldx, backRow, bytes, v128.load(best + at), v128.load(signal + at), 4, true)
        if (whole < bytes)
          route(p + whole, q + whole, high, wide, nextRow, ldx, backRow, bytes, v128.load(best + whole), v128.load(signal + whole), channels & 3, false)
      }
    }
  }
}

/** The mean of each window's part on the map, or of the whole window where padding is `counted`. */
export function avgPool(
  from: i32, to: i32, // images
  x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  tall: i32, broad: i32, down: i32, across: i32, top: i32, left: i32, counted: i32,
  y: usize, ldy: usize, rows: i32, columns: i32,
): void {
  for (let n = from; n < to; n++) {
    const image = x + <usize>(n * height * width) * ldx
    for (let row = 0; row < rows; row++) {
      const low = max(row * down - top, 0), high = min(row * down - top + tall, height)
      for (let column = 0; column < columns; column++) {
        const near = max(column * across - left, 0), far = min(column * across - left + broad, width)
        const share = f32x4.splat(1 / <f32>(counted ? tall * broad : (high - low) * (far - near)))
        const out = y + <usize>((n * rows + row) * columns + column) * ldy
        for (let c = 0; c < channels; c += 4) {
          const place = <usize>c << 2
          let sum = f32x4.splat(0)
          for (let i = low; i < high; i++) {
            let p = image + <usize>(i * width + near) * ldx + place
            for (let j = near; j < far; j++) {
              sum = f32x4.add(sum, v128.load(p))
              p += ldx
            }
          }
          put(out + place, f32x4.mul(sum, share), channels - c)
        }
      }
    }
  }
}

/** Each signal shared out evenly over its window's part on the map. */
export function avgPoolGrad(
  from: i32, to: i32, // images
  dy: usize, ldd: usize, height: i32, width: i32, channels: i32,
  tall: i32, broad: i32, down: i32, across: i32, top: i32, left: i32, counted: i32,
  rows: i32, columns: i32, dx: usize, accumulate: i32,
): void {
  const bytes = <usize>channels << 2
  for (let n = from; n < to; n++) {
    const back = dx + <usize>(n * height * width) * bytes
    if (!accumulate) memory.fill(back, 0, <usize>(height * width) * bytes)
    for (let row = 0; row < rows; row++) {
      const low = max(row * down - top, 0), high = min(row * down - top + tall, height)
      for (let column = 0; column < columns; column++) {
        const near = max(column * across - left, 0), far = min(column * across - left + broad, width)
        const share = f32x4.splat(1 / <f32>(counted ? tall * broad : (high - low) * (far - near)))
        const pixel = <usize>((n * rows + row) * columns + column)
        for (let c = 0; c < channels; c += 4) {
          const place = <usize>c << 2
          const signal = f32x4.mul(v128.load(dy + pixel * ldd + place), share)
          for (let i = low; i < high; i++) {
            for (let j = near; j < far; j++) {
              const to = back + <usize>(i * width + j) * bytes + place
              put(to, f32x4.add(v128.load(to), signal), channels - c)
            }
          }
        }
      }
    }
  }
}
