/** Convolutions of each channel with a filter of its own. */
import { divideUp, fill, firstTap, scratch, tapStep, toNext } from './frame'
import { multiplyAdd, put } from './tile'

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

/** Pixels of a row that `slideThree` takes: whole groups of four. */
// @ts-ignore: decorator
@inline
function wholeFours(pixels: i32): i32 {
  return pixels & ~3
}

/**
 * The same for windows of 3×3 that move by one pixel: neighbours share what they read. Four pixels of four channels at a
 * time; pixels that are left over are left out.
 */
// @ts-ignore: decorator
@inline
function slideThree(
  x: usize, pixel: usize, down: usize, kernel: usize, kernelDown: isize, kernelAcross: isize, channels: i32, y: usize, ld: usize, pixels: i32,
): void {
  for (let n = wholeFours(pixels); n > 0; n -= 4) {
    for (let c = 0; c < channels; c += 4) {
      const place = <usize>c << 2
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0
      let p = x + place, k = kernel + place
      for (let i = 0; i < 3; i++) {
        const k0 = v128.load(k), k1 = v128.load(k + kernelAcross), k2 = v128.load(k + 2 * kernelAcross)
        s0 = multiplyAdd(s0, v128.load(p), k0)
        const x1 = v128.load(p + pixel)
        s0 = multiplyAdd(s0, x1, k1)
        s1 = multiplyAdd(s1, x1, k0)
        const x2 = v128.load(p + 2 * pixel)
        s0 = multiplyAdd(s0, x2, k2)
        s1 = multiplyAdd(s1, x2, k1)
        s2 = multiplyAdd(s2, x2, k0)
        const x3 = v128.load(p + 3 * pixel)
        s1 = multiplyAdd(s1, x3, k2)
        s2 = multiplyAdd(s2, x3, k1)
        s3 = multiplyAdd(s3, x3, k0)
        const x4 = v128.load(p + 4 * pixel)
        s2 = multiplyAdd(s2, x4, k2)
        s3 = multiplyAdd(s3, x4, k1)
        s3 = multiplyAdd(s3, v128.load(p + 5 * pixel), k2)
        p += down
        k += kernelDown
      }
      const out = y + place, some = channels - c
      put(out, s0, some)
      put(out + ld, s1, some)
      put(out + 2 * ld, s2, some)
      put(out + 3 * ld, s3, some)
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
          const taps = divideUp(tall - i, nextDown), runs = divideUp(broad - j, nextAcross), pixels = divideUp(max(columns - phase, 0), apartAcross)
          const pixel = <usize>across * bytes, pixelStep = <usize>(nextAcross * dilation / apartAcross) * bytes, ld = <usize>apartAcross * ldy
          const lineStep = <usize>(nextDown * dilation / apartDown) * line
          const k = first + (i * broad + j) * tap, kernelDown = nextDown * broad * tap, kernelAcross = nextAcross * tap
          const a = source + <usize>((v + j * dilation) / apartAcross + before) * bytes
          const out = y + <usize>((n * rows + row) * columns + phase) * ldy
          const three = taps == 3 && runs == 3 && pixel == pixelStep ? wholeFours(pixels) : 0
          if (three > 0) slideThree(a, pixel, lineStep, k, kernelDown, kernelAcross, channels, out, ld, three)
          if (three < pixels)
            slide(a + <usize>three * pixel, pixel, lineStep, pixelStep, taps, runs, k, kernelDown, kernelAcross, channels, out + <usize>three * ld, ld, pixels - three)
        }
      }
    }
  }
}
