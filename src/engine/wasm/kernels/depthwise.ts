/** Convolutions of each channel with a filter of its own. */
import { fill, scratch } from './frame'
import { divideUp, firstTap, tapStep, toNext } from './taps'
import { put } from './tile'

// @ts-ignore: decorator
@inline
function multiplyAdd(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b))
}

/**
 * A row of outputs, four pixels of eight channels at a time. The window of the first begins at `x`, that of the next
 * `pixel` bytes further; from tap to tap window and kernel each have a step down and a step across.
 */
// @ts-ignore: decorator
@inline
function slide(
  x: usize, pixel: usize, down: usize, across: usize, tall: i32, broad: i32,
  kernel: usize, kernelDown: isize, kernelAcross: isize, channels: i32, y: usize, ld: usize, pixels: i32,
): void {
  for (let left = pixels; left > 0; left -= 4) {
    const second = left > 1 ? pixel : 0, third = left > 2 ? 2 * pixel : 0, fourth = left > 3 ? 3 * pixel : 0
    for (let c = 0; c < channels; c += 8) {
      const place = <usize>c << 2
      let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00
      for (let i = 0; i < tall; i++) {
        let p = x + place + <usize>i * down
        let k = kernel + place + i * kernelDown
        for (let j = 0; j < broad; j++) {
          const k0 = v128.load(k), k1 = v128.load(k, 16)
          s00 = multiplyAdd(s00, v128.load(p), k0)
          s01 = multiplyAdd(s01, v128.load(p, 16), k1)
          s10 = multiplyAdd(s10, v128.load(p + second), k0)
          s11 = multiplyAdd(s11, v128.load(p + second, 16), k1)
          s20 = multiplyAdd(s20, v128.load(p + third), k0)
          s21 = multiplyAdd(s21, v128.load(p + third, 16), k1)
          s30 = multiplyAdd(s30, v128.load(p + fourth), k0)
          s31 = multiplyAdd(s31, v128.load(p + fourth, 16), k1)
          p += across
          k += kernelAcross
        }
      }
      const out = y + place
      const some = channels - c
      put(out, s00, some)
      put(out + 16, s01, some - 4)
      if (left > 1) {
        put(out + ld, s10, some)
        put(out + ld + 16, s11, some - 4)
      }
      if (left > 2) {
        put(out + 2 * ld, s20, some)
        put(out + 2 * ld + 16, s21, some - 4)
      }
      if (left > 3) {
        put(out + 3 * ld, s30, some)
        put(out + 3 * ld + 16, s31, some - 4)
      }
    }
    x += 4 * pixel
    y += 4 * ld
  }
}

/**
 * Output (i, j) is the window at (i · down − top, j · across − left) of a map whose values lie `apart` from each other.
 * Only taps that meet a value are multiplied. The frame holds the values that `strip` rows of outputs need, `before` zeros to
 * their left; where they lie apart, windows move by one.
 *
 * Shapes  x [images, height, width, channels], kernel [tall, broad, channels] → y [images, rows, columns, channels];
 *         `mirrored` takes the taps from the last to the first
 */
export function depthwise(
  from: i32, to: i32, // images
  x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  top: i32, left: i32, apartDown: i32, apartAcross: i32, wide: i32, before: i32, strip: i32,
  kernel: usize, mirrored: i32, tall: i32, broad: i32, dilation: i32, down: i32, across: i32,
  y: usize, ldy: usize, rows: i32, columns: i32,
): void {
  const bytes = <usize>channels << 2
  const line = <usize>wide * bytes
  const tap = mirrored ? -<isize>bytes : <isize>bytes
  const first = mirrored ? kernel + <usize>(tall * broad - 1) * bytes : kernel
  const nextDown = tapStep(apartDown, dilation), nextAcross = tapStep(apartAcross, dilation)
  const most = ((strip - 1) * down + (tall - 1) * dilation) / apartDown + 2
  memory.fill(scratch, 0, <usize>most * line)
  for (let n = from; n < to; n++) {
    const image = x + <usize>n * <usize>(height * width) * ldx
    for (let start = 0; start < rows; start += strip) {
      const end = min(start + strip, rows)
      const corner = start * down - top
      const lowest = (corner + toNext(corner, apartDown)) / apartDown
      const high = ((end - 1) * down - top + (tall - 1) * dilation - lowest * apartDown) / apartDown + 1
      if (lowest < 0) memory.fill(scratch, 0, <usize>min(-lowest, high) * line)
      const behind = max(height - lowest, 0)
      if (behind < high) memory.fill(scratch + <usize>behind * line, 0, <usize>(high - behind) * line)
      fill(scratch, high, wide, -lowest, before, 1, 1, image, ldx, height, width, channels)
      for (let row = start; row < end; row++) {
        const u = row * down - top
        const i = firstTap(u, apartDown, dilation, tall)
        const source = scratch + <usize>((u + i * dilation) / apartDown - lowest) * line
        for (let phase = 0; phase < apartAcross; phase++) {
          const v = phase * across - left
          const j = firstTap(v, apartAcross, dilation, broad)
          slide(
            source + <usize>((v + j * dilation) / apartAcross + before) * bytes, <usize>across * bytes,
            <usize>(nextDown * dilation / apartDown) * line, <usize>(nextAcross * dilation / apartAcross) * bytes,
            divideUp(tall - i, nextDown), divideUp(broad - j, nextAcross),
            first + (i * broad + j) * tap, nextDown * broad * tap, nextAcross * tap, channels,
            y + <usize>((n * rows + row) * columns + phase) * ldy, <usize>apartAcross * ldy, divideUp(max(columns - phase, 0), apartAcross),
          )
        }
      }
    }
  }
}

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
