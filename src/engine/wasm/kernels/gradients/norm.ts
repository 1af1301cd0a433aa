/** Batch norm backward, in two readings of its map and its signal; sums as forward. */
import { scratch } from '../frame'
import { breadth, chunkOf, isWide, line, RELU, RELU6 } from '../norm'
import { put } from '../tile'

/** The signal, where the value behind the norm was not cut off. */
// @ts-ignore: decorator
@inline
function passed(signal: v128, away: v128, slope: v128, shift: v128, clamp: i32): v128 {
  if (clamp == 0) return signal
  const value = line(away, slope, shift)
  const above = f32x4.gt(value, f32x4.splat(0))
  if (clamp == RELU) return v128.and(signal, above)
  return v128.and(signal, v128.and(above, f32x4.lt(value, f32x4.splat(6))))
}

/** Adds Σ dy and Σ dy · (x − mean) of a few rows, column by column. Shapes  → own [2][channels to the next four] */
// @ts-ignore: decorator
@inline
function addColumns(dy: usize, ldd: usize, x: usize, ldx: usize, rows: i32, terms: usize, own: usize, bytes: usize, clamp: i32): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const mean = v128.load(terms + at), slope = v128.load(terms + bytes + at), shift = v128.load(terms + 2 * bytes + at)
    let dshift = v128.load(own + at), dscale = v128.load(own + bytes + at)
    let p = x + at, q = dy + at
    for (let n = rows; n > 0; n--) {
      const away = f32x4.sub(v128.load(p), mean)
      const signal = passed(v128.load(q), away, slope, shift, clamp)
      dshift = f32x4.add(dshift, signal)
      dscale = f32x4.add(dscale, f32x4.mul(signal, away))
      p += ldx
      q += ldd
    }
    v128.store(own + at, dshift)
    v128.store(own + bytes + at, dscale)
  }
}

/** The same, row by row. */
// @ts-ignore: decorator
@inline
function addRows(dy: usize, ldd: usize, x: usize, ldx: usize, rows: i32, terms: usize, own: usize, bytes: usize, clamp: i32): void {
  let p = x, q = dy
  for (let left = rows; left > 0; left--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const mean = v128.load(terms + at), slope = v128.load(terms + bytes + at), shift = v128.load(terms + 2 * bytes + at)
      const away = f32x4.sub(v128.load(p + at), mean)
      const signal = passed(v128.load(q + at), away, slope, shift, clamp)
      v128.store(own + at, f32x4.add(v128.load(own + at), signal))
      v128.store(own + bytes + at, f32x4.add(v128.load(own + bytes + at), f32x4.mul(signal, away)))
    }
    p += ldx
    q += ldd
  }
}

// @ts-ignore: decorator
@inline
function sumSignals(
  from: i32, to: i32, segments: i32, dy: usize, ldd: usize, x: usize, ldx: usize, rows: i32, channels: i32,
  terms: usize, partial: usize, clamp: i32,
): void {
  const bytes = breadth(channels)
  const chunk = chunkOf(channels)
  for (let segment = from; segment < to; segment++) {
    const first = <i32>(<i64>rows * segment / segments), last = <i32>(<i64>rows * (segment + 1) / segments)
    const sums = partial + <usize>(2 * segment) * bytes
    memory.fill(sums, 0, 2 * bytes)
    for (let row = first; row < last; row += chunk) {
      const some = min(chunk, last - row)
      const p = x + <usize>row * ldx, q = dy + <usize>row * ldd
      memory.fill(scratch, 0, 2 * bytes)
      if (isWide(channels)) addRows(q, ldd, p, ldx, some, terms, scratch, bytes, clamp)
      else addColumns(q, ldd, p, ldx, some, terms, scratch, bytes, clamp)
      for (let at: usize = 0; at < 2 * bytes; at += 16) v128.store(sums + at, f32x4.add(v128.load(sums + at), v128.load(scratch + at)))
    }
  }
}

/** Σ dy and Σ dy · (x − mean) of each segment. Shapes  → partial [segments][2][channels to the next four] */
export function signals(
  from: i32, to: i32, // segments
  segments: i32, dy: usize, ldd: usize, x: usize, ldx: usize, rows: i32, channels: i32,
  terms: usize, clamp: i32, partial: usize,
): void {
  if (clamp == RELU) sumSignals(from, to, segments, dy, ldd, x, ldx, rows, channels, terms, partial, RELU)
  else if (clamp == RELU6) sumSignals(from, to, segments, dy, ldd, x, ldx, rows, channels, terms, partial, RELU6)
  else sumSignals(from, to, segments, dy, ldd, x, ldx, rows, channels, terms, partial, 0)
}

/** Joins the segments. Shapes  → dscale, dshift [channels]; back [2][channels to the next four]: what x − mean is multiplied by, and what is added */
export function settleSignals(
  from: i32, to: i32, // channels
  segments: i32, partial: usize, rows: i32, channels: i32, terms: usize, dscale: usize, dshift: usize, back: usize,
): void {
  const bytes = breadth(channels)
  for (let c = from; c < to; c++) {
    const at = <usize>c << 2
    let shifts: f64 = 0, scales: f64 = 0
    for (let segment = 0; segment < segments; segment++) {
      const sums = partial + <usize>(2 * segment) * bytes + at
      shifts += <f64>load<f32>(sums)
      scales += <f64>load<f32>(sums + bytes)
    }
    const slope = <f64>load<f32>(terms + bytes + at), inverse = <f64>load<f32>(terms + 3 * bytes + at)
    store<f32>(dscale + at, <f32>(scales * inverse))
    store<f32>(dshift + at, <f32>shifts)
    store<f32>(back + at, <f32>(-slope * scales * inverse * inverse / <f64>rows))
    store<f32>(back + bytes + at, <f32>(-slope * shifts / <f64>rows))
  }
}

/** dy · slope + (x − mean) · back₀ + back₁ of one vector. */
// @ts-ignore: decorator
@inline
function sentBack(dy: usize, x: usize, mean: v128, slope: v128, shift: v128, factor: v128, offset: v128, clamp: i32): v128 {
  const away = f32x4.sub(v128.load(x), mean)
  const signal = passed(v128.load(dy), away, slope, shift, clamp)
  return f32x4.add(f32x4.add(f32x4.mul(signal, slope), f32x4.mul(away, factor)), offset)
}

/** Column by column. */
// @ts-ignore: decorator
@inline
function sendColumns(
  dy: usize, ldd: usize, x: usize, ldx: usize, rows: i32, channels: i32, terms: usize, back: usize, dx: usize, ldo: usize, clamp: i32,
): void {
  const bytes = breadth(channels)
  for (let at: usize = 0; at < bytes; at += 16) {
    const mean = v128.load(terms + at), slope = v128.load(terms + bytes + at), shift = v128.load(terms + 2 * bytes + at)
    const factor = v128.load(back + at), offset = v128.load(back + bytes + at)
    const left = channels - <i32>(at >> 2)
    let p = x + at, q = dy + at, o = dx + at
    for (let n = rows; n > 0; n--) {
      put(o, sentBack(q, p, mean, slope, shift, factor, offset, clamp), left)
      p += ldx
      q += ldd
      o += ldo
    }
  }
}

/** Row by row. */
// @ts-ignore: decorator
@inline
function sendRows(
  dy: usize, ldd: usize, x: usize, ldx: usize, rows: i32, channels: i32, terms: usize, back: usize, dx: usize, ldo: usize, clamp: i32,
): void {
  const bytes = breadth(channels)
  let p = x, q = dy, o = dx
  for (let n = rows; n > 0; n--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const mean = v128.load(terms + at), slope = v128.load(terms + bytes + at), shift = v128.load(terms + 2 * bytes + at)
      const factor = v128.load(back + at), offset = v128.load(back + bytes + at)
      put(o + at, sentBack(q + at, p + at, mean, slope, shift, factor, offset, clamp), channels - <i32>(at >> 2))
    }
    p += ldx
    q += ldd
    o += ldo
  }
}

// @ts-ignore: decorator
@inline
function sendBack(
  from: i32, to: i32, dy: usize, ldd: usize, x: usize, ldx: usize, channels: i32,
  terms: usize, back: usize, dx: usize, ldo: usize, clamp: i32,
): void {
  const wide = isWide(channels)
  const chunk = wide ? to - from : chunkOf(channels)
  for (let row = from; row < to; row += chunk) {
    const some = min(chunk, to - row)
    const q = dy + <usize>row * ldd, p = x + <usize>row * ldx, o = dx + <usize>row * ldo
    if (wide) sendRows(q, ldd, p, ldx, some, channels, terms, back, o, ldo, clamp)
    else sendColumns(q, ldd, p, ldx, some, channels, terms, back, o, ldo, clamp)
  }
}

/** dy · slope + (x − mean) · back₀ + back₁ */
export function normaliseGrad(
  from: i32, to: i32, // rows
  dy: usize, ldd: usize, x: usize, ldx: usize, channels: i32, terms: usize, back: usize, clamp: i32, dx: usize, ldo: usize,
): void {
  if (clamp == RELU) sendBack(from, to, dy, ldd, x, ldx, channels, terms, back, dx, ldo, RELU)
  else if (clamp == RELU6) sendBack(from, to, dy, ldd, x, ldx, channels, terms, back, dx, ldo, RELU6)
  else sendBack(from, to, dy, ldd, x, ldx, channels, terms, back, dx, ldo, 0)
}
