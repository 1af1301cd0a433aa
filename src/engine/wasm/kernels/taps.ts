/** Which taps of a window meet a value of a map whose values lie apart from each other, as signals do behind a stride. */

// @ts-ignore: decorator
@inline
export function divideUp(a: i32, b: i32): i32 {
  return (a + b - 1) / b
}

/** From a place to the next value of a map whose values lie `apart`, the first at 0. */
// @ts-ignore: decorator
@inline
export function toNext(place: i32, apart: i32): i32 {
  const past = place % apart
  return past > 0 ? apart - past : -past
}

/** The first of so many taps that meets a value, of a window that begins at this place; behind the last if none does. */
// @ts-ignore: decorator
@inline
export function firstTap(place: i32, apart: i32, dilation: i32, taps: i32): i32 {
  let tap = 0
  while (tap < taps && (place + tap * dilation) % apart != 0) tap++
  return tap
}

/** From a tap that meets a value to the next one. */
// @ts-ignore: decorator
@inline
export function tapStep(apart: i32, dilation: i32): i32 {
  let step = 1
  while ((step * dilation) % apart != 0) step++
  return step
}
