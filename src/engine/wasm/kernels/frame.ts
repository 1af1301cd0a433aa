/**
 * A map with zeros around its pixels: windows then need no bounds. Behind a stride values lie apart from each other, and
 * windows take the taps that meet one.
 */

/** Where this instance may build frames; each instance has a place of its own. */
export let scratch: usize = 0

/** Told once, before anything else. */
export function begin(place: usize): void {
  scratch = place
}

// @ts-ignore: decorator
@inline
export function copyFloats(to: usize, from: usize, bytes: usize): void {
  let i: usize = 0
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i))
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + i))
}

let touched: i32 = 0

/**
 * Reads a word of every cache line. Memory that is then read in another order is near: what is read in order is fetched ahead,
 * and nothing else is.
 */
// @ts-ignore: decorator
@inline
export function touch(at: usize, bytes: usize): void {
  let sum = 0
  for (let p = at, end = at + bytes; p < end; p += 64) sum += load<i32>(p)
  touched = sum
}

/**
 * Puts the pixels of one image in their places: (i, j) goes to (top + i · down, left + j · across),
 * or nowhere if that lies outside.
 *
 * Shapes  x [height, width, channels], pixels `ld` bytes apart → frame [high, wide, channels]
 */
export function fill(
  frame: usize, high: i32, wide: i32, top: i32, left: i32, down: i32, across: i32,
  x: usize, ld: usize, height: i32, width: i32, channels: i32,
): void {
  const bytes = <usize>channels << 2
  for (let i = 0; i < height; i++) {
    const row = top + i * down
    if (row < 0 || row >= high) continue
    const line = frame + <usize>(row * wide) * bytes
    const source = x + <usize>(i * width) * ld
    if (across == 1 && ld == bytes) {
      const first = max(0, -left), last = min(width, wide - left)
      if (first < last) memory.copy(line + <usize>(left + first) * bytes, source + <usize>first * bytes, <usize>(last - first) * bytes)
    } else {
      for (let j = 0; j < width; j++) {
        const column = left + j * across
        if (column >= 0 && column < wide) copyFloats(line + <usize>column * bytes, source + <usize>j * ld, bytes)
      }
    }
  }
}

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
