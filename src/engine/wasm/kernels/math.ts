/** Exponentials and logarithms of four numbers at once, to about one unit in the last place of float32. */

// @ts-ignore: decorator
@inline
function times(a: v128, b: v128): v128 {
  return f32x4.mul(a, b)
}

/** a · b + constant */
// @ts-ignore: decorator
@inline
function step(a: v128, b: v128, constant: f32): v128 {
  return f32x4.add(f32x4.mul(a, b), f32x4.splat(constant))
}

/** 2ⁿ for whole n of the range of normal numbers. */
// @ts-ignore: decorator
@inline
function power(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23)
}

/** eˣ = 2ⁿ · eʳ with |r| ≤ ½ ln 2, its series to the seventh power. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const bounded = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89))
  const whole = f32x4.nearest(times(bounded, f32x4.splat(1.44269504088896)))
  // ln 2 in two parts, the first of few digits, so that nothing is lost in the difference
  const near = f32x4.sub(bounded, times(whole, f32x4.splat(0.693359375)))
  const r = f32x4.add(near, times(whole, f32x4.splat(2.12194440054691e-4)))
  let series = f32x4.splat(<f32>(1.0 / 5040))
  series = step(series, r, <f32>(1.0 / 720))
  series = step(series, r, <f32>(1.0 / 120))
  series = step(series, r, <f32>(1.0 / 24))
  series = step(series, r, <f32>(1.0 / 6))
  series = step(series, r, 0.5)
  series = step(series, r, 1)
  series = step(series, r, 1)
  const n = i32x4.trunc_sat_f32x4_s(whole)
  const half = i32x4.shr_s(n, 1)
  return times(times(series, power(half)), power(i32x4.sub(n, half)))
}

/** ln x = n ln 2 + 2 artanh((m − 1)/(m + 1)), m within a factor √2 of 1. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const shifted = i32x4.sub(x, i32x4.splat(0x3f3504f3)) // the bits of √½
  const n = i32x4.shr_s(shifted, 23)
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3))
  const one = f32x4.splat(1)
  const s = f32x4.div(f32x4.sub(m, one), f32x4.add(m, one))
  const s2 = times(s, s)
  let series = f32x4.splat(<f32>(2.0 / 9))
  series = step(series, s2, <f32>(2.0 / 7))
  series = step(series, s2, <f32>(2.0 / 5))
  series = step(series, s2, <f32>(2.0 / 3))
  series = step(series, s2, 2)
  const count = f32x4.convert_i32x4_s(n)
  const small = f32x4.add(times(series, s), times(count, f32x4.splat(-2.12194440054691e-4)))
  const whole = f32x4.add(small, times(count, f32x4.splat(0.693359375)))
  const zero = f32x4.splat(0)
  const endless = v128.bitselect(x, whole, f32x4.eq(x, f32x4.splat(Infinity)))
  const bottomed = v128.bitselect(f32x4.splat(-Infinity), endless, f32x4.eq(x, zero))
  return v128.bitselect(f32x4.splat(NaN), bottomed, f32x4.lt(x, zero))
}

// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1)
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))))
}

/** Near 0 by its series, where the quotient would lose digits. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const size = f32x4.abs(x)
  const x2 = times(x, x)
  let series = f32x4.splat(<f32>(62.0 / 2835))
  series = step(series, x2, <f32>(-17.0 / 315))
  series = step(series, x2, <f32>(2.0 / 15))
  series = step(series, x2, <f32>(-1.0 / 3))
  series = step(series, x2, 1)
  const two = f32x4.splat(2), one = f32x4.splat(1)
  const quotient = f32x4.sub(one, f32x4.div(two, f32x4.add(exp(times(size, two)), one)))
  const signed = v128.or(quotient, v128.and(x, f32x4.splat(-0.0)))
  return v128.bitselect(times(series, x), signed, f32x4.lt(size, f32x4.splat(0.3)))
}

/**
 * The error function: x · p(x²)/q(x²) up to where it is 1 in float32.
 *
 * Source  the coefficients of Eigen and XLA
 */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  const end = f32x4.splat(3.7439211627767994)
  const bounded = f32x4.pmin(f32x4.pmax(x, f32x4.neg(end)), end)
  const x2 = times(bounded, bounded)
  let above = f32x4.splat(0.00022905065861350646)
  above = step(above, x2, 0.0034082910107109506)
  above = step(above, x2, 0.050955695062380861)
  above = step(above, x2, 0.18520832239976145)
  above = step(above, x2, 1.128379143519084)
  let below = f32x4.splat(-1.1791602954361697e-7)
  below = step(below, x2, 0.000023547966471313185)
  below = step(below, x2, 0.0010179625278914885)
  below = step(below, x2, 0.014070470171167667)
  below = step(below, x2, 0.11098505178285362)
  below = step(below, x2, 0.49746925110067538)
  below = step(below, x2, 1)
  return f32x4.div(times(bounded, above), below)
}

/** 1 where positive, −1 where negative, 0 at 0. */
// @ts-ignore: decorator
@inline
export function sign(x: v128): v128 {
  const one = f32x4.splat(1), zero = f32x4.splat(0)
  return f32x4.sub(v128.and(one, f32x4.gt(x, zero)), v128.and(one, f32x4.lt(x, zero)))
}
