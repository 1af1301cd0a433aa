/**
 * The transforms of F(4, 3) along one axis of four channels: points 0, ±√½, ±√2 and ∞. What they round off is half of what
 * the points 0, ±1, ±2 and ∞ do, and twice that of the sum by its definition.
 */

const low: f32 = 0.7071067811865476 // √½
const high: f32 = 1.4142135623730951 // √2

/** Bᵀ d: from six values of the map. */
// @ts-ignore: decorator
@inline
export function spreadFour(from: usize, step: usize, to: usize, place: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step)
  const d3 = v128.load(from + 3 * step), d4 = v128.load(from + 4 * step), d5 = v128.load(from + 5 * step)
  const half = f32x4.splat(0.5), more = f32x4.splat(2.5)
  const evenLow = f32x4.sub(d4, f32x4.add(d2, d2)), oddLow = f32x4.mul(f32x4.splat(low), f32x4.sub(d3, f32x4.add(d1, d1)))
  const evenHigh = f32x4.sub(d4, f32x4.mul(half, d2)), oddHigh = f32x4.mul(f32x4.splat(high), f32x4.sub(d3, f32x4.mul(half, d1)))
  v128.store(to, f32x4.add(f32x4.sub(d0, f32x4.mul(more, d2)), d4))
  v128.store(to + place, f32x4.add(evenLow, oddLow))
  v128.store(to + 2 * place, f32x4.sub(evenLow, oddLow))
  v128.store(to + 3 * place, f32x4.add(evenHigh, oddHigh))
  v128.store(to + 4 * place, f32x4.sub(evenHigh, oddHigh))
  v128.store(to + 5 * place, f32x4.add(f32x4.sub(d1, f32x4.mul(more, d3)), d5))
}

/** Aᵀ m: to four outputs. */
// @ts-ignore: decorator
@inline
export function gatherFour(from: usize, step: usize, to: usize, place: usize): void {
  const m0 = v128.load(from), m1 = v128.load(from + step), m2 = v128.load(from + 2 * step)
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step), m5 = v128.load(from + 5 * step)
  const sumLow = f32x4.add(m1, m2), awayLow = f32x4.mul(f32x4.splat(low), f32x4.sub(m1, m2))
  const sumHigh = f32x4.add(m3, m4), awayHigh = f32x4.mul(f32x4.splat(high), f32x4.sub(m3, m4))
  const half = f32x4.splat(0.5)
  v128.store(to, f32x4.add(f32x4.add(m0, sumLow), sumHigh))
  v128.store(to + place, f32x4.add(awayLow, awayHigh))
  v128.store(to + 2 * place, f32x4.add(f32x4.mul(half, sumLow), f32x4.add(sumHigh, sumHigh)))
  v128.store(to + 3 * place, f32x4.add(f32x4.add(f32x4.mul(half, awayLow), f32x4.add(awayHigh, awayHigh)), m5))
}

/** G g: from three taps. */
// @ts-ignore: decorator
@inline
export function raiseFour(from: usize, step: usize, to: usize, place: usize): void {
  const g0 = v128.load(from), g1 = v128.load(from + step), g2 = v128.load(from + 2 * step)
  const evenLow = f32x4.mul(f32x4.splat(-2 / 3), f32x4.add(g0, f32x4.mul(f32x4.splat(0.5), g2)))
  const oddLow = f32x4.mul(f32x4.splat(<f32>-2 / 3 * low), g1)
  const evenHigh = f32x4.mul(f32x4.splat(1 / 6), f32x4.add(g0, f32x4.add(g2, g2)))
  const oddHigh = f32x4.mul(f32x4.splat(<f32>1 / 6 * high), g1)
  v128.store(to, g0)
  v128.store(to + place, f32x4.add(evenLow, oddLow))
  v128.store(to + 2 * place, f32x4.sub(evenLow, oddLow))
  v128.store(to + 3 * place, f32x4.add(evenHigh, oddHigh))
  v128.store(to + 4 * place, f32x4.sub(evenHigh, oddHigh))
  v128.store(to + 5 * place, g2)
}

/** A y: from four signals. */
// @ts-ignore: decorator
@inline
export function widenFour(from: usize, step: usize, to: usize, place: usize): void {
  const y0 = v128.load(from), y1 = v128.load(from + step), y2 = v128.load(from + 2 * step), y3 = v128.load(from + 3 * step)
  const half = f32x4.splat(0.5)
  const evenLow = f32x4.add(y0, f32x4.mul(half, y2)), oddLow = f32x4.mul(f32x4.splat(low), f32x4.add(y1, f32x4.mul(half, y3)))
  const evenHigh = f32x4.add(y0, f32x4.add(y2, y2)), oddHigh = f32x4.mul(f32x4.splat(high), f32x4.add(y1, f32x4.add(y3, y3)))
  v128.store(to, y0)
  v128.store(to + place, f32x4.add(evenLow, oddLow))
  v128.store(to + 2 * place, f32x4.sub(evenLow, oddLow))
  v128.store(to + 3 * place, f32x4.add(evenHigh, oddHigh))
  v128.store(to + 4 * place, f32x4.sub(evenHigh, oddHigh))
  v128.store(to + 5 * place, y3)
}

/** Gᵀ p: to three taps. */
// @ts-ignore: decorator
@inline
export function lowerFour(from: usize, step: usize, to: usize, place: usize): void {
  const p1 = v128.load(from + step), p2 = v128.load(from + 2 * step)
  const p3 = v128.load(from + 3 * step), p4 = v128.load(from + 4 * step)
  const first = v128.load(from), last = v128.load(from + 5 * step)
  const sumLow = f32x4.mul(f32x4.splat(-2 / 3), f32x4.add(p1, p2)), sumHigh = f32x4.mul(f32x4.splat(1 / 6), f32x4.add(p3, p4))
  const awayLow = f32x4.mul(f32x4.splat(<f32>-2 / 3 * low), f32x4.sub(p1, p2))
  const awayHigh = f32x4.mul(f32x4.splat(<f32>1 / 6 * high), f32x4.sub(p3, p4))
  v128.store(to, f32x4.add(f32x4.add(first, sumLow), sumHigh))
  v128.store(to + place, f32x4.add(awayLow, awayHigh))
  v128.store(to + 2 * place, f32x4.add(f32x4.add(f32x4.mul(f32x4.splat(0.5), sumLow), f32x4.add(sumHigh, sumHigh)), last))
}
