/** The gradient to the filters of a convolution of each channel with a filter of its own. */
import { fill, scratch, touch } from '../frame'
import { multiplyAdd, put } from '../tile'

/** Channels of a block, whose sums are taken together. */
const block: i32 = 16

/** Adds a row's products of windows of 3×3 with the signal to nine sums. Shapes  sums [9][block], four channels of it */
// @ts-ignore: decorator
@inline
function addNine(x: usize, pixel: usize, down: usize, across: usize, dy: usize, ld: usize, columns: i32, sums: usize): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 64), s2 = v128.load(sums, 128)
  let s3 = v128.load(sums, 192), s4 = v128.load(sums, 256), s5 = v128.load(sums, 320)
  let s6 = v128.load(sums, 384), s7 = v128.load(sums, 448), s8 = v128.load(sums, 512)
  let p = x, q = dy
  for (let left = columns; left > 0; left--) {
    const signal = v128.load(q)
    const p1 = p + down, p2 = p1 + down
    s0 = multiplyAdd(s0, v128.load(p), signal)
    s1 = multiplyAdd(s1, v128.load(p + across), signal)
    s2 = multiplyAdd(s2, v128.load(p + 2 * across), signal)
    s3 = multiplyAdd(s3, v128.load(p1), signal)
    s4 = multiplyAdd(s4, v128.load(p1 + across), signal)
    s5 = multiplyAdd(s5, v128.load(p1 + 2 * across), signal)
    s6 = multiplyAdd(s6, v128.load(p2), signal)
    s7 = multiplyAdd(s7, v128.load(p2 + across), signal)
    s8 = multiplyAdd(s8, v128.load(p2 + 2 * across), signal)
    p += pixel
    q += ld
  }
  v128.store(sums, s0)
  v128.store(sums, s1, 64)
  v128.store(sums, s2, 128)
  v128.store(sums, s3, 192)
  v128.store(sums, s4, 256)
  v128.store(sums, s5, 320)
  v128.store(sums, s6, 384)
  v128.store(sums, s7, 448)
  v128.store(sums, s8, 512)
}

/** The same for one tap and a whole block of channels. */
// @ts-ignore: decorator
@inline
function addOne(x: usize, pixel: usize, dy: usize, ld: usize, columns: i32, sums: usize): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 16), s2 = v128.load(sums, 32), s3 = v128.load(sums, 48)
  let p = x, q = dy
  for (let left = columns; left > 0; left--) {
    s0 = multiplyAdd(s0, v128.load(p), v128.load(q))
    s1 = multiplyAdd(s1, v128.load(p, 16), v128.load(q, 16))
    s2 = multiplyAdd(s2, v128.load(p, 32), v128.load(q, 32))
    s3 = multiplyAdd(s3, v128.load(p, 48), v128.load(q, 48))
    p += pixel
    q += ld
  }
  v128.store(sums, s0)
  v128.store(sums, s1, 16)
  v128.store(sums, s2, 32)
  v128.store(sums, s3, 48)
}

/** The gradient to the filters. Shapes  x [images, height, width, channels], dy [images, rows, columns, channels] → dk */
export function depthwiseKernel(
  from: i32, to: i32, // blocks of channels
  images: i32, x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  high: i32, wide: i32, top: i32, left: i32,
  dy: usize, ldd: usize, rows: i32, columns: i32,
  tall: i32, broad: i32, dilation: i32, down: i32, across: i32, dk: usize,
): void {
  const taps = tall * broad
  const sums = scratch + ((<usize>(high * wide * block) << 2) + 64)
  for (let n = 0; n < images; n++) {
    touch(x + <usize>n * <usize>(height * width) * ldx, <usize>(height * width) * ldx)
    touch(dy + <usize>(n * rows * columns) * ldd, <usize>(rows * columns) * ldd)
    for (let nth = from; nth < to; nth++) {
      const place = <usize>(nth * block) << 2
      const some = min(block, channels - nth * block)
      const bytes = <usize>some << 2
      const line = <usize>wide * bytes
      if (nth == from || some < block) memory.fill(scratch, 0, <usize>high * line)
      fill(scratch, high, wide, top, left, 1, 1, x + <usize>n * <usize>(height * width) * ldx + place, ldx, height, width, some)
      memory.fill(sums, 0, <usize>(taps * block) << 2)
      for (let row = 0; row < rows; row++) {
        const p = scratch + <usize>(row * down) * line
        const q = dy + <usize>((n * rows + row) * columns) * ldd + place
        const pixel = <usize>across * bytes, nextRow = <usize>dilation * line, next = <usize>dilation * bytes
        if (tall == 3 && broad == 3)
          for (let at: usize = 0; at < bytes; at += 16) addNine(p + at, pixel, nextRow, next, q + at, ldd, columns, sums + at)
        else
          for (let tap = 0; tap < taps; tap++) {
            const i = tap / broad, j = tap - i * broad
            addOne(p + <usize>i * nextRow + <usize>j * next, pixel, q, ldd, columns, sums + (<usize>(tap * block) << 2))
          }
      }
      for (let tap = 0; tap < taps; tap++)
        for (let c = 0; c < some; c += 4) {
          const at = dk + (<usize>(tap * channels + nth * block + c) << 2)
          const sum = v128.load(sums + (<usize>(tap * block + c) << 2))
          put(at, n > 0 ? f32x4.add(sum, v128.load(at)) : sum, some - c)
        }
    }
  }
}
