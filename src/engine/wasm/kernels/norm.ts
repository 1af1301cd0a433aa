/**
 * Batch norm, forward and backward, each in two readings of its map. Sums are taken over a fixed number of
 * segments of the rows and joined in order, so that they do not depend on how many threads share the work.
 *
 * `terms` are arrays of one number per channel, one after another: mean, slope γ/√(σ²+ε), shift β, 1/√(σ²+ε).
 */
import { put } from './tile'

/** Bytes of one number per channel, to the next whole vector. */
// @ts-ignore: decorator
@inline
function breadth(channels: i32): usize {
  return <usize>((channels + 3) & ~3) << 2
}

/** Rows that stay in the nearest cache while a few columns of them are read. */
// @ts-ignore: decorator
@inline
function chunkOf(channels: i32): i32 {
  return max(2048 / channels, 8)
}

/**
 * Mean and Σ(x − mean)² of each segment.
 *
 * Shapes  x [rows, channels], `ld` bytes apart → partial [segments][2][channels to the next four]
 * Source  Chan, Golub, LeVeque 1983: chunks joined pairwise
 */
export function moments(
  from: i32, to: i32, // segments
  segments: i32, x: usize, ld: usize, rows: i32, channels: i32, partial: usize,
): void {
  const bytes = breadth(channels)
  const chunk = chunkOf(channels)
  for (let segment = from; segment < to; segment++) {
    const first = <i32>(<i64>rows * segment / segments), last = <i32>(<i64>rows * (segment + 1) / segments)
    const means = partial + <usize>(2 * segment) * bytes
    memory.fill(means, 0, 2 * bytes)
    for (let row = first; row < last; row += chunk) {
      const some = min(chunk, last - row)
      const share = f32x4.splat(1 / <f32>some)
      const before = row - first
      const weight = f32x4.splat(<f32>some / <f32>(before + some))
      const spread = f32x4.splat(<f32>some * <f32>before / <f32>(before + some))
      for (let at: usize = 0; at < bytes; at += 16) {
        const top = x + <usize>row * ld + at
        let sum = f32x4.splat(0)
        let p = top
        for (let n = some; n > 0; n--) {
          sum = f32x4.add(sum, v128.load(p))
          p += ld
        }
        const mean = f32x4.mul(sum, share)
        let squares = f32x4.splat(0)
        p = top
        for (let n = some; n > 0; n--) {
          const away = f32x4.sub(v128.load(p), mean)
          squares = f32x4.add(squares, f32x4.mul(away, away))
          p += ld
        }
        const old = v128.load(means + at)
        const apart = f32x4.sub(mean, old)
        v128.store(means + at, f32x4.add(old, f32x4.mul(apart, weight)))
        const joined = f32x4.add(squares, f32x4.mul(f32x4.mul(apart, apart), spread))
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

/** (x − mean) · slope + shift, rectified where told. */
export function normalise(
  from: i32, to: i32, // rows
  x: usize, ldx: usize, channels: i32, terms: usize, rectified: i32, y: usize, ldy: usize,
): void {
  const bytes = breadth(channels)
  const chunk = chunkOf(channels)
  const floor = f32x4.splat(rectified ? 0 : -Infinity)
  for (let row = from; row < to; row += chunk) {
    const some = min(chunk, to - row)
    for (let at: usize = 0; at < bytes; at += 16) {
      const mean = v128.load(terms + at), slope = v128.load(terms + bytes + at), shift = v128.load(terms + 2 * bytes + at)
      const left = channels - <i32>(at >> 2)
      let p = x + <usize>row * ldx + at
      let q = y + <usize>row * ldy + at
      if (left >= 4)
        for (let n = some; n > 0; n--) {
          v128.store(q, f32x4.pmax(f32x4.add(f32x4.mul(f32x4.sub(v128.load(p), mean), slope), shift), floor))
          p += ldx
          q += ldy
        }
      else
        for (let n = some; n > 0; n--) {
          put(q, f32x4.pmax(f32x4.add(f32x4.mul(f32x4.sub(v128.load(p), mean), slope), shift), floor), left)
          p += ldx
          q += ldy
        }
    }
  }
}

/** The signal, where the rectifier behind the norm let its value pass. */
// @ts-ignore: decorator
@inline
function passed(signal: v128, away: v128, slope: v128, shift: v128, rectified: bool): v128 {
  return rectified ? v128.and(signal, f32x4.gt(f32x4.add(f32x4.mul(away, slope), shift), f32x4.splat(0))) : signal
}

// @ts-ignore: decorator
@inline
function sumSignals(
  from: i32, to: i32, segments: i32, dy: usize, ldd: usize, x: usize, ldx: usize, rows: i32, channels: i32,
  terms: usize, partial: usize, rectified: bool,
): void {
  const bytes = breadth(channels)
  const chunk = chunkOf(channels)
  for (let segment = from; segment < to; segment++) {
    const first = <i32>(<i64>rows * segment / segments), last = <i32>(<i64>rows * (segment + 1) / segments)
    const sums = partial + <usize>(2 * segment) * bytes
    memory.fill(sums, 0, 2 * bytes)
    for (let row = first; row < last; row += chunk) {
      const some = min(chunk, last - row)
      for (let at: usize = 0; at < bytes; at += 16) {
        const mean = v128.load(terms + at), slope = v128.load(terms + bytes + at), shift = v128.load(terms + 2 * bytes + at)
        let dshift = f32x4.splat(0), dscale = f32x4.splat(0)
        let p = x + <usize>row * ldx + at
        let q = dy + <usize>row * ldd + at
        for (let n = some; n > 0; n--) {
          const away = f32x4.sub(v128.load(p), mean)
          const signal = passed(v128.load(q), away, slope, shift, rectified)
          dshift = f32x4.add(dshift, signal)
          dscale = f32x4.add(dscale, f32x4.mul(signal, away))
          p += ldx
          q += ldd
        }
        v128.store(sums + at, f32x4.add(v128.load(sums + at), dshift))
        v128.store(sums + bytes + at, f32x4.add(v128.load(sums + bytes + at), dscale))
      }
    }
  }
}

/** Σ dy and Σ dy · (x − mean) of each segment. Shapes  → partial [segments][2][channels to the next four] */
export function signals(
  from: i32, to: i32, // segments
  segments: i32, dy: usize, ldd: usize, x: usize, ldx: usize, rows: i32, channels: i32,
  terms: usize, rectified: i32, partial: usize,
): void {
  if (rectified) sumSignals(from, to, segments, dy, ldd, x, ldx, rows, channels, terms, partial, true)
  else sumSignals(from, to, segments, dy, ldd, x, ldx, rows, channels, terms, partial, false)
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

// @ts-ignore: decorator
@inline
function sendBack(
  from: i32, to: i32, dy: usize, ldd: usize, x: usize, ldx: usize, channels: i32,
  terms: usize, back: usize, dx: usize, ldo: usize, rectified: bool,
): void {
  const bytes = breadth(channels)
  const chunk = chunkOf(channels)
  for (let row = from; row < to; row += chunk) {
    const some = min(chunk, to - row)
    for (let at: usize = 0; at < bytes; at += 16) {
      const mean = v128.load(terms + at), slope = v128.load(terms + bytes + at), shift = v128.load(terms + 2 * bytes + at)
      const factor = v128.load(back + at), offset = v128.load(back + bytes + at)
      const left = channels - <i32>(at >> 2)
      let p = x + <usize>row * ldx + at
      let q = dy + <usize>row * ldd + at
      let o = dx + <usize>row * ldo + at
      for (let n = some; n > 0; n--) {
        const away = f32x4.sub(v128.load(p), mean)
        const signal = passed(v128.load(q), away, slope, shift, rectified)
        put(o, f32x4.add(f32x4.add(f32x4.mul(signal, slope), f32x4.mul(away, factor)), offset), left)
        p += ldx
        q += ldd
        o += ldo
      }
    }
  }
}

/** dy · slope + (x − mean) · back₀ + back₁ */
export function normaliseGrad(
  from: i32, to: i32, // rows
  dy: usize, ldd: usize, x: usize, ldx: usize, channels: i32, terms: usize, back: usize, rectified: i32, dx: usize, ldo: usize,
): void {
  if (rectified) sendBack(from, to, dy, ldd, x, ldx, channels, terms, back, dx, ldo, true)
  else sendBack(from, to, dy, ldd, x, ldx, channels, terms, back, dx, ldo, false)
}
