/** A map with zeros around its pixels, and between them where a convolution strode: windows then need no bounds. */

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
