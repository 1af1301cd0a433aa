/** The transforms of F(2, 3) along one axis of four channels: points 0, ±1 and ∞. Source  Lavin and Gray 2016 */

/** Bᵀ d: from four values of the map. */
// @ts-ignore: decorator
@inline
export function spreadTwo(from: usize, step: usize, to: usize, place: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step), d3 = v128.load(from + 3 * step)
  v128.store(to, f32x4.sub(d0, d2))
  v128.store(to + place, f32x4.add(d1, d2))
  v128.store(to + 2 * place, f32x4.sub(d2, d1))
  v128.store(to + 3 * place, f32x4.sub(d1, d3))
}

/** Aᵀ m: to two outputs. */
// @ts-ignore: decorator
@inline
export function gatherTwo(from: usize, step: usize, to: usize, place: usize): void {
  const m0 = v128.load(from), m1 = v128.load(from + step), m2 = v128.load(from + 2 * step), m3 = v128.load(from + 3 * step)
  v128.store(to, f32x4.add(f32x4.add(m0, m1), m2))
  v128.store(to + place, f32x4.sub(f32x4.sub(m1, m2), m3))
}

/** G g: from three taps. */
// @ts-ignore: decorator
@inline
export function raiseTwo(from: usize, step: usize, to: usize, place: usize): void {
  const half = f32x4.splat(0.5)
  const g0 = v128.load(from), g1 = v128.load(from + step), g2 = v128.load(from + 2 * step)
  const ends = f32x4.mul(half, f32x4.add(g0, g2)), middle = f32x4.mul(half, g1)
  v128.store(to, g0)
  v128.store(to + place, f32x4.add(ends, middle))
  v128.store(to + 2 * place, f32x4.sub(ends, middle))
  v128.store(to + 3 * place, g2)
}

/** A y: from two signals. */
// @ts-ignore: decorator
@inline
export function widenTwo(from: usize, step: usize, to: usize, place: usize): void {
  const y0 = v128.load(from), y1 = v128.load(from + step)
  v128.store(to, y0)
  v128.store(to + place, f32x4.add(y0, y1))
  v128.store(to + 2 * place, f32x4.sub(y0, y1))
  v128.store(to + 3 * place, f32x4.neg(y1))
}

/** Gᵀ p: to three taps. */
// @ts-ignore: decorator
@inline
export function lowerTwo(from: usize, step: usize, to: usize, place: usize): void {
  const half = f32x4.splat(0.5)
  const p1 = v128.load(from + step), p2 = v128.load(from + 2 * step)
  const middle = f32x4.mul(half, f32x4.add(p1, p2))
  const first = f32x4.add(middle, v128.load(from)), last = f32x4.add(middle, v128.load(from + 3 * step))
  v128.store(to, first)
  v128.store(to + place, f32x4.mul(half, f32x4.sub(p1, p2)))
  v128.store(to + 2 * place, last)
}
