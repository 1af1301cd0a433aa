/**
 * Batch norm forward, in two readings of its map. Sums are taken over a fixed number of segments of the rows and joined
 * in order, so that they do not depend on how many threads share the work.
 *
 * `terms` are arrays of one number per channel, one after another: mean, slope γ/√(σ²+ε), shift β, 1/√(σ²+ε).
 */
import { scratch } from './frame'
import { put } from './tile'

/** What cuts off the values behind a norm; 0 is nothing. */
export const RELU: i32 = 1
export const RELU6: i32 = 2

/** Bytes of one number per channel, to the next whole vector. */
// @ts-ignore: decorator
@inline
export function breadth(channels: i32): usize {
  return <usize>((channels + 3) & ~3) << 2
}

/** Rows that stay in the nearest cache while a few columns of them are read. */
// @ts-ignore: decorator
@inline
export function chunkOf(channels: i32): i32 {
  return max(2048 / channels, 8)
}

/** Whether rows are walked one after another, as memory lies and is fetched ahead, and not column by column: long ones. */
// @ts-ignore: decorator
@inline
export function isWide(channels: i32): bool {
  return channels >= 32
}

// @ts-ignore: decorator
@inline
export function line(away: v128, slope: v128, shift: v128): v128 {
  return f32x4.add(f32x4.mul(away, slope), shift)
}

// @ts-ignore: decorator
@inline
function addSquare(sum: v128, x: v128, mean: v128): v128 {
  const away = f32x4.sub(x, mean)
  return f32x4.add(sum, f32x4.mul(away, away))
}

/** Mean and Σ(x − mean)² of a few rows, column by column. Shapes  x [rows, channels] → own [2][channels to the next four] */
// @ts-ignore: decorator
@inline
function momentsOfColumns(x: usize, ld: usize, rows: i32, own: usize, bytes: usize): void {
  const share = f32x4.splat(1 / <f32>rows)
  for (let at: usize = 0; at < bytes; at += 16) {
    let sum = f32x4.splat(0), squares = f32x4.splat(0)
    let p = x + at
    for (let n = rows; n > 0; n--) {
      sum = f32x4.add(sum, v128.load(p))
      p += ld
    }
    const mean = f32x4.mul(sum, share)
    p = x + at
    for (let n = rows; n > 0; n--) {
      squares = addSquare(squares, v128.load(p), mean)
      p += ld
    }
    v128.store(own + at, mean)
    v128.store(own + bytes + at, squares)
  }
}

/** The same sums, row by row. */
// @ts-ignore: decorator
@inline
function momentsOfRows(x: usize, ld: usize, rows: i32, own: usize, bytes: usize): void {
  const share = f32x4.splat(1 / <f32>rows), squares = own + bytes
  memory.fill(own, 0, 2 * bytes)
  let p = x
  for (let n = rows; n > 0; n--) {
    for (let at: usize = 0; at < bytes; at += 16) v128.store(own + at, f32x4.add(v128.load(own + at), v128.load(p + at)))
    p += ld
  }
  for (let at: usize = 0; at < bytes; at += 16) v128.store(own + at, f32x4.mul(v128.load(own + at), share))
  p = x
  for (let n = rows; n > 0; n--) {
    for (let at: usize = 0; at < bytes; at += 16)
      v128.store(squares + at, addSquare(v128.load(squares + at), v128.load(p + at), v128.load(own + at)))
    p += ld
  }
}

/**
 * Mean and Σ(x − mean)² of each segment. Those of a chunk lie in the scratch.
 *
 * Shapes  x [rows, channels], `ld` bytes apart → partial [segments][2][channels to the next four]
 * Source  Chan, Golub, LeVeque 1983: chunks joined pairwise
 */
export function moments(
  from: i32, to: i32, // segments
  segments: i32, x: usize, ld: usize, rows: i32, channels: i32, partial: usize,
): void {
  const bytes = breadth(channels), chunk = chunkOf(channels)
  for (let segment = from; segment < to; segment++) {
    const first = <i32>(<i64>rows * segment / segments), last = <i32>(<i64>rows * (segment + 1) / segments)
    const means = partial + <usize>(2 * segment) * bytes
    memory.fill(means, 0, 2 * bytes)
    for (let row = first; row < last; row += chunk) {
      const some = min(chunk, last - row)
      const before = row - first
      const weight = f32x4.splat(<f32>some / <f32>(before + some))
      const spread = f32x4.splat(<f32>some * <f32>before / <f32>(before + some))
      if (isWide(channels)) momentsOfRows(x + <usize>row * ld, ld, some, scratch, bytes)
      else momentsOfColumns(x + <usize>row * ld, ld, some, scratch, bytes)
      for (let at: usize = 0; at < bytes; at += 16) {
        const old = v128.load(means + at)
        const apart = f32x4.sub(v128.load(scratch + at), old)
        v128.store(means + at, f32x4.add(old, f32x4.mul(apart, weight)))
        const joined = f32x4.add(v128.load(scratch + bytes + at), f32x4.mul(f32x4.mul(apart, apart), spread))
        v128.store(means + bytes + at, f32x4.add(v128.load(means + bytes + at), joined))
      }
    }
  }
}

/** The terms of one channel. */
// @ts-ignore: decorator
@inline
function putTerms(terms: usize, bytes: usize, at: usize, mean: f32, variance: f32, scale: f32, shift: f32, epsilon: f32): void {
  const inverse: f32 = 1 / sqrt<f32>(variance + epsilon)
  store<f32>(terms + at, mean)
  store<f32>(terms + bytes + at, scale * inverse)
  store<f32>(terms + 2 * bytes + at, shift)
  store<f32>(terms + 3 * bytes + at, inverse)
}

/** Joins the segments. Shapes  → terms, mean and variance (divided by n − 1) [channels] */
export function settle(
  from: i32, to: i32, // channels
  segments: i32, partial: usize, rows: i32, channels: i32,
  scale: usize, shift: usize, epsilon: f32, terms: usize, mean: usize, variance: usize,
): void {
  const bytes = breadth(channels)
  for (let c = from; c < to; c++) {
    const at = <usize>c << 2
    let centre: f64 = 0, squares: f64 = 0, count: f64 = 0
    for (let segment = 0; segment < segments; segment++) {
      const some = <f64>(<i32>(<i64>rows * (segment + 1) / segments) - <i32>(<i64>rows * segment / segments))
      if (some == 0) continue
      const means = partial + <usize>(2 * segment) * bytes + at
      const apart = <f64>load<f32>(means) - centre
      squares += <f64>load<f32>(means + bytes) + apart * apart * count * some / (count + some)
      count += some
      centre += apart * some / count
    }
    store<f32>(mean + at, <f32>centre)
    store<f32>(variance + at, <f32>(squares / max<f64>(count - 1, 1)))
    putTerms(terms, bytes, at, <f32>centre, <f32>(squares / count), load<f32>(scale + at), load<f32>(shift + at), epsilon)
  }
}

/** The terms of statistics known before. */
export function settled(
  from: i32, to: i32, // channels
  channels: i32, scale: usize, shift: usize, mean: usize, variance: usize, epsilon: f32, terms: usize,
): void {
  for (let c = from; c < to; c++) {
    const at = <usize>c << 2
    putTerms(terms, breadth(channels), at, load<f32>(mean + at), load<f32>(variance + at), load<f32>(scale + at), load<f32>(shift + at), epsilon)
  }
}

/** For a product that normalises as it stores: y · slope + offset. Shapes  → slopes, offsets [channels] */
export function folded(
  from: i32, to: i32, // channels
  scale: usize, shift: usize, mean: usize, variance: usize, epsilon: f32, slopes: usize, offsets: usize,
): void {
  for (let c = from; c < to; c++) {
    const at = <usize>c << 2
    const slope = load<f32>(scale + at) / sqrt<f32>(load<f32>(variance + at) + epsilon)
    store<f32>(slopes + at, slope)
    store<f32>(offsets + at, load<f32>(shift + at) - load<f32>(mean + at) * slope)
  }
}

// @ts-ignore: decorator
@inline
function normalised(x: usize, mean: v128, slope: v128, shift: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(line(f32x4.sub(v128.load(x), mean), slope, shift), low), high)
}

/** Column by column. */
// @ts-ignore: decorator
@inline
function normaliseColumns(x: usize, ldx: usize, rows: i32, channels: i32, terms: usize, low: v128, high: v128, y: usize, ldy: usize): void {
  const bytes = breadth(channels)
  for (let at: usize = 0; at < bytes; at += 16) {
    const mean = v128.load(terms + at), slope = v128.load(terms + bytes + at), shift = v128.load(terms + 2 * bytes + at)
    const left = channels - <i32>(at >> 2)
    let p = x + at, q = y + at
    if (left >= 4)
      for (let n = rows; n > 0; n--) {
        v128.store(q, normalised(p, mean, slope, shift, low, high))
        p += ldx
        q += ldy
      }
    else
      for (let n = rows; n > 0; n--) {
        put(q, normalised(p, mean, slope, shift, low, high), left)
        p += ldx
        q += ldy
      }
  }
}

/** Row by row. */
// @ts-ignore: decorator
@inline
function normaliseRows(x: usize, ldx: usize, rows: i32, channels: i32, terms: usize, low: v128, high: v128, y: usize, ldy: usize): void {
  const bytes = breadth(channels)
  let p = x, q = y
  for (let n = rows; n > 0; n--) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const mean = v128.load(terms + at), slope = v128.load(terms + bytes + at), shift = v128.load(terms + 2 * bytes + at)
      put(q + at, normalised(p + at, mean, slope, shift, low, high), channels - <i32>(at >> 2))
    }
    p += ldx
    q += ldy
  }
}

/** (x − mean) · slope + shift, cut off. */
export function normalise(
  from: i32, to: i32, // rows
  x: usize, ldx: usize, channels: i32, terms: usize, clamp: i32, y: usize, ldy: usize,
): void {
  const low = f32x4.splat(clamp == 0 ? -Infinity : 0), high = f32x4.splat(clamp == RELU6 ? 6 : Infinity)
  const wide = isWide(channels)
  const chunk = wide ? to - from : chunkOf(channels)
  for (let row = from; row < to; row += chunk) {
    const some = min(chunk, to - row)
    const p = x + <usize>row * ldx, q = y + <usize>row * ldy
    if (wide) normaliseRows(p, ldx, some, channels, terms, low, high, q, ldy)
    else normaliseColumns(p, ldx, some, channels, terms, low, high, q, ldy)
  }
}
