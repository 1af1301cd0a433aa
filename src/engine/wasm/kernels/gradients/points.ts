/**
 * The gradient to a kernel of one pixel: Σ over pixels of x[0…3] × signal[0…7], tile by tile. The sum has parts, joined in
 * order; pixels are taken in blocks that stay in the nearest cache while all tiles pass over them.
 */
import { touch } from '../frame'
import { multiplyAdd, put } from '../tile'

/** Eight sums of a row of a tile to memory, or added to what is there. */
// @ts-ignore: decorator
@inline
function settleRow(at: usize, s0: v128, s1: v128, filters: i32, adds: bool): void {
  if (filters >= 8) {
    v128.store(at, adds ? f32x4.add(s0, v128.load(at)) : s0)
    v128.store(at, adds ? f32x4.add(s1, v128.load(at, 16)) : s1, 16)
    return
  }
  put(at, adds ? f32x4.add(s0, v128.load(at)) : s0, filters)
  put(at + 16, adds ? f32x4.add(s1, v128.load(at, 16)) : s1, filters - 4)
}

/** Where a block of pixels lies in the part of the sum that it belongs to; a block of several whole parts begins and ends one. */
let begins: bool = true, ends: bool = true
/** Whether no part is in memory yet. */
let isFirst: bool = true

/** A tile over a block of pixels. Shapes  y `channels` ≤ 4 rows, `ld` bytes apart, of `filters` ≤ 8; kept [4][8], the sums of a part not at its end */
function sumTile(
  a: usize, lda: usize, b: usize, ldb: usize, pixels: i32, part: i32, y: usize, ld: usize, channels: i32, filters: i32, kept: usize,
): void {
  let p = a, q = b, adds = !isFirst
  for (let left = pixels; left > 0; left -= part) {
    let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00
    if (!begins) {
      s00 = v128.load(kept), s01 = v128.load(kept, 16), s10 = v128.load(kept, 32), s11 = v128.load(kept, 48)
      s20 = v128.load(kept, 64), s21 = v128.load(kept, 80), s30 = v128.load(kept, 96), s31 = v128.load(kept, 112)
    }
    for (let n = min(part, left); n > 0; n--) {
      const b0 = v128.load(q), b1 = v128.load(q, 16)
      const x0 = v128.load32_splat(p)
      s00 = multiplyAdd(s00, x0, b0)
      s01 = multiplyAdd(s01, x0, b1)
      const x1 = v128.load32_splat(p, 4)
      s10 = multiplyAdd(s10, x1, b0)
      s11 = multiplyAdd(s11, x1, b1)
      const x2 = v128.load32_splat(p, 8)
      s20 = multiplyAdd(s20, x2, b0)
      s21 = multiplyAdd(s21, x2, b1)
      const x3 = v128.load32_splat(p, 12)
      s30 = multiplyAdd(s30, x3, b0)
      s31 = multiplyAdd(s31, x3, b1)
      p += lda
      q += ldb
    }
    if (!ends) {
      v128.store(kept, s00), v128.store(kept, s01, 16), v128.store(kept, s10, 32), v128.store(kept, s11, 48)
      v128.store(kept, s20, 64), v128.store(kept, s21, 80), v128.store(kept, s30, 96), v128.store(kept, s31, 112)
      return
    }
    settleRow(y, s00, s01, filters, adds)
    if (channels > 1) settleRow(y + ld, s10, s11, filters, adds)
    if (channels > 2) settleRow(y + 2 * ld, s20, s21, filters, adds)
    if (channels > 3) settleRow(y + 3 * ld, s30, s31, filters, adds)
    adds = true
  }
}

/** Bytes of the signal that stay near while all channels pass over them. */
const near: i32 = 3 << 13

/** The gradient. Shapes  x [pixels, channels], dy [pixels, filters] → dk [channels, filters]; kept [strips][panels of eight][4][8] */
export function convolvePointsKernel(
  from: i32, to: i32, // strips of four channels
  pixels: i32, part: i32, x: usize, ldx: usize, channels: i32, dy: usize, ldd: usize, filters: i32, dk: usize, kept: usize,
): void {
  const ld = <usize>filters << 2
  const panels = (filters + 7) >> 3
  const most = min(max(near / (filters << 2), 64), 256)
  const block = most > part ? most / part * part : most
  let some = 0
  for (let first = 0; first < pixels; first += some) {
    const place = first % part
    some = min(min(block, max(part - place, block / part * part)), pixels - first)
    begins = place == 0
    ends = block >= part || place + some == part || first + some == pixels
    isFirst = first < part
    touch(x + <usize>first * ldx, <usize>some * ldx)
    touch(dy + <usize>first * ldd, <usize>some * ldd)
    for (let strip = from; strip < to; strip++) {
      const a = x + <usize>first * ldx + (<usize>strip << 4)
      const line = dk + <usize>(4 * strip) * ld
      const count = min(channels - 4 * strip, 4)
      for (let panel = 0; panel < panels; panel++) {
        const at = <usize>panel << 5
        sumTile(a, ldx, dy + <usize>first * ldd + at, ldd, some, min(part, block), line + at, ld, count, filters - 8 * panel, kept + (<usize>(strip * panels + panel) << 7))
      }
    }
  }
}
