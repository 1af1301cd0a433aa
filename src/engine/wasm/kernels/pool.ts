/** Pools and their gradients; what lies outside the map takes no part. */
import { scratch, touch } from './frame'
import { put } from './tile'

/** The largest of so many vectors, each `step` bytes behind the other. */
// @ts-ignore: decorator
@inline
function largest(p: usize, step: usize, count: i32): v128 {
  let best = v128.load(p)
  if (count > 1) best = f32x4.pmax(v128.load(p + step), best)
  if (count > 2) best = f32x4.pmax(v128.load(p + 2 * step), best)
  for (let i = 3; i < count; i++) best = f32x4.pmax(v128.load(p + <usize>i * step), best)
  return best
}

/** Of rows of numbers. */
// @ts-ignore: decorator
@inline
function largestRow(p: usize, step: usize, count: i32, y: usize, bytes: usize): void {
  const whole = bytes & ~15
  switch (count) {
    case 2:
      for (let at: usize = 0; at < whole; at += 16) v128.store(y + at, largest(p + at, step, 2))
      break
    case 3:
      for (let at: usize = 0; at < whole; at += 16) v128.store(y + at, largest(p + at, step, 3))
      break
    default:
      for (let at: usize = 0; at < whole; at += 16) v128.store(y + at, largest(p + at, step, count))
  }
  if (whole < bytes) put(y + whole, largest(p + whole, step, count), <i32>((bytes - whole) >> 2))
}

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
  const flat = ldx == bytes
  for (let at = scratch; at < begin; at += 4) store<f32>(at, -Infinity)
  for (let at = behind; at < end; at += 4) store<f32>(at, -Infinity)
  for (let n = from; n < to; n++) {
    const image = x + <usize>(n * height * width) * ldx
    for (let row = 0; row < rows; row++) {
      const low = max(row * down - top, 0), high = min(row * down - top + tall, height)
      const p = image + <usize>(low * width) * ldx
      const step = <usize>width * ldx
      if (flat) largestRow(p, step, high - low, begin, <usize>width * bytes)
      else
        for (let column = 0; column < width; column++)
          largestRow(p + <usize>column * ldx, step, high - low, begin + <usize>column * bytes, bytes)
      const out = y + <usize>((n * rows + row) * columns) * ldy
      for (let column = 0; column < columns; column++)
        largestRow(scratch + <usize>(column * across) * bytes, bytes, broad, out + <usize>column * ldy, bytes)
    }
  }
}

/** Gives a signal to each lane of a place that equals the largest, and what is left of it to the next. */
// @ts-ignore: decorator
@inline
function give(a: usize, b: usize, best: v128, signal: v128, count: i32, fresh: bool): v128 {
  const here = f32x4.eq(v128.load(a), best)
  const before = fresh ? f32x4.splat(0) : v128.load(b)
  const sum = f32x4.add(before, v128.and(signal, here))
  if (count >= 4) v128.store(b, sum)
  else put(b, sum, count)
  return v128.andnot(signal, here)
}

/** Adds a signal where its window first meets its largest value, or writes it where `fresh`. */
// @ts-ignore: decorator
@inline
function route(
  p: usize, q: usize, high: i32, wide: i32, nextRow: usize, ldx: usize, backRow: usize, bytes: usize,
  best: v128, dy: v128, count: i32, fresh: bool,
): void {
  let signal = dy
  for (let i = high; i > 0; i--) {
    signal = give(p, q, best, signal, count, fresh)
    if (wide > 1) signal = give(p + ldx, q + bytes, best, signal, count, fresh)
    if (wide > 2) signal = give(p + 2 * ldx, q + 2 * bytes, best, signal, count, fresh)
    for (let j = 3; j < wide; j++) signal = give(p + <usize>j * ldx, q + <usize>j * bytes, best, signal, count, fresh)
    p += nextRow
    q += backRow
  }
}

// @ts-ignore: decorator
@inline
function routeAll(
  dy: usize, y: usize, bytes: usize, p: usize, q: usize, high: i32, wide: i32, nextRow: usize, ldx: usize, backRow: usize, fresh: bool,
): void {
  const whole = bytes & ~15
  for (let at: usize = 0; at < whole; at += 16)
    route(p + at, q + at, high, wide, nextRow, ldx, backRow, bytes, v128.load(y + at), v128.load(dy + at), 4, fresh)
  if (whole < bytes)
    route(p + whole, q + whole, high, wide, nextRow, ldx, backRow, bytes, v128.load(y + whole), v128.load(dy + whole), <i32>((bytes - whole) >> 2), fresh)
}

/** To the first value that equals the window's largest. Shapes  dy, y [images, rows, columns, channels] → dx as x */
export function maxPoolGrad(
  from: i32, to: i32, // images
  dy: usize, ldd: usize, x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  tall: i32, broad: i32, down: i32, across: i32, top: i32, left: i32,
  y: usize, ldy: usize, rows: i32, columns: i32, dx: usize, accumulate: i32,
): void {
  const bytes = <usize>channels << 2
  const nextRow = <usize>width * ldx, backRow = <usize>width * bytes
  const tiles = tall == down && broad == across && rows * tall - top >= height && columns * broad - left >= width
  const fresh = tiles && !accumulate
  for (let n = from; n < to; n++) {
    const image = x + <usize>(n * height * width) * ldx
    const back = dx + <usize>(n * height * width) * bytes
    if (!accumulate && !fresh) memory.fill(back, 0, <usize>(height * width) * bytes)
    for (let row = 0; row < rows; row++) {
      const low = max(row * down - top, 0), high = min(row * down - top + tall, height) - low
      const windows = <usize>((n * rows + row) * columns)
      touch(image + <usize>low * nextRow, <usize>high * nextRow)
      touch(back + <usize>low * backRow, <usize>high * backRow)
      touch(dy + windows * ldd, <usize>columns * ldd)
      touch(y + windows * ldy, <usize>columns * ldy)
      for (let column = 0; column < columns; column++) {
        const near = max(column * across - left, 0), wide = min(column * across - left + broad, width) - near
        const pixel = windows + <usize>column
        const corner = <usize>(low * width + near)
        const p = image + corner * ldx, q = back + corner * bytes
        const best = y + pixel * ldy, signal = dy + pixel * ldd
        if (fresh && wide == 2) routeAll(signal, best, bytes, p, q, high, 2, nextRow, ldx, backRow, true)
        else if (fresh) routeAll(signal, best, bytes, p, q, high, wide, nextRow, ldx, backRow, true)
        else if (wide == 3 && high == 3) routeAll(signal, best, bytes, p, q, 3, 3, nextRow, ldx, backRow, false)
        else routeAll(signal, best, bytes, p, q, high, wide, nextRow, ldx, backRow, false)
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
