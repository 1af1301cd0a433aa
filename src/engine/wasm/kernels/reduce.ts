/** Sums, and what goes along the last axis: softmax and cross-entropy. */
import { exp, log } from './math'
import { put } from './tile'

/** Σ of `count` floats in a row, in sixteen sums side by side. */
// @ts-ignore: decorator
@inline
function sumOf(x: usize, count: i32): f32 {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0)
  let i = 0
  for (; i + 16 <= count; i += 16) {
    const p = x + (<usize>i << 2)
    s0 = f32x4.add(s0, v128.load(p))
    s1 = f32x4.add(s1, v128.load(p, 16))
    s2 = f32x4.add(s2, v128.load(p, 32))
    s3 = f32x4.add(s3, v128.load(p, 48))
  }
  const all = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3))
  let sum = f32x4.extract_lane(all, 0) + f32x4.extract_lane(all, 1) + (f32x4.extract_lane(all, 2) + f32x4.extract_lane(all, 3))
  for (; i < count; i++) sum += load<f32>(x + (<usize>i << 2))
  return sum
}

/**
 * Over the middle axis, in segments.
 *
 * Shapes  x [outer, middle, inner] → y [outer, segments, inner]
 */
export function sum(
  from: i32, to: i32, // outer · segments
  segments: i32, x: usize, middle: i32, inner: i32, y: usize,
): void {
  const bytes = <usize>inner << 2
  for (let unit = from; unit < to; unit++) {
    const outer = unit / segments, segment = unit - outer * segments
    const first = <i32>(<i64>middle * segment / segments), last = <i32>(<i64>middle * (segment + 1) / segments)
    const top = x + <usize>(outer * middle + first) * bytes
    const out = y + <usize>unit * bytes
    if (inner == 1) {
      store<f32>(out, sumOf(top, last - first))
      continue
    }
    for (let i = 0; i < inner; i += 4) {
      let total = f32x4.splat(0)
      let p = top + (<usize>i << 2)
      for (let n = last - first; n > 0; n--) {
        total = f32x4.add(total, v128.load(p))
        p += bytes
      }
      put(out + (<usize>i << 2), total, inner - i)
    }
  }
}

// @ts-ignore: decorator
@inline
function one(x: v128): f32 {
  return f32x4.extract_lane(x, 0)
}

// @ts-ignore: decorator
@inline
function largestOf(x: usize, size: i32): f32 {
  let top: f32 = -Infinity
  for (let i = 0; i < size; i++) top = max(top, load<f32>(x + (<usize>i << 2)))
  return top
}

/** Writes eˣ⁻ᵗᵒᵖ and gives their sum. */
// @ts-ignore: decorator
@inline
function raise(x: usize, y: usize, size: i32, top: f32): f32 {
  let total: f32 = 0
  for (let i = 0; i < size; i++) {
    const e = one(exp(f32x4.splat(load<f32>(x + (<usize>i << 2)) - top)))
    store<f32>(y + (<usize>i << 2), e)
    total += e
  }
  return total
}

export function softmax(
  from: i32, to: i32, // rows
  x: usize, size: i32, y: usize,
): void {
  for (let row = from; row < to; row++) {
    const at = <usize>(row * size) << 2
    const total = raise(x + at, y + at, size, largestOf(x + at, size))
    for (let i = 0; i < size; i++) {
      const place = y + at + (<usize>i << 2)
      store<f32>(place, load<f32>(place) / total)
    }
  }
}

/** Shapes  logits, targets [rows, size] → loss [rows], slopes [rows, size] */
export function crossEntropy(
  from: i32, to: i32, // rows
  logits: usize, targets: usize, size: i32, loss: usize, slopes: usize,
): void {
  for (let row = from; row < to; row++) {
    const at = <usize>(row * size) << 2
    const top = largestOf(logits + at, size)
    const total = raise(logits + at, slopes + at, size, top)
    const offset = top + one(log(f32x4.splat(total)))
    let sum: f32 = 0
    for (let i = 0; i < size; i++) {
      const place = at + (<usize>i << 2)
      const target = load<f32>(targets + place)
      sum += target * (offset - load<f32>(logits + place))
      store<f32>(slopes + place, load<f32>(slopes + place) / total - target)
    }
    store<f32>(loss + (<usize>row << 2), sum)
  }
}
