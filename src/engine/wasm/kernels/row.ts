/**
 * The innermost loop for a single pixel: thirty-two sums kept in registers, of four panels of eight filters. Each sum has the
 * terms of `rows8` in the same order.
 */
import { finish, multiplyAdd } from './tile'

/** The sums of one panel to memory, by the flags. */
// @ts-ignore: decorator
@inline
function finishPanel(y: usize, low: v128, high: v128, filters: i32, flags: i32, scale: usize, shift: usize): void {
  finish(y, low, filters, flags, scale, shift)
  finish(y + 16, high, filters - 4, flags, scale + 16, shift + 16)
}

/** Four whole panels. */
function fourPanels(a: usize, run: usize, b: usize, panel: usize, y: usize, flags: i32, scale: usize, shift: usize): void {
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00
  const end = a + run
  let q0 = b, q1 = b + panel, q2 = b + 2 * panel, q3 = b + 3 * panel
  while (a < end) {
    const x = v128.load32_splat(a)
    s00 = multiplyAdd(s00, x, v128.load(q0))
    s01 = multiplyAdd(s01, x, v128.load(q0, 16))
    s10 = multiplyAdd(s10, x, v128.load(q1))
    s11 = multiplyAdd(s11, x, v128.load(q1, 16))
    s20 = multiplyAdd(s20, x, v128.load(q2))
    s21 = multiplyAdd(s21, x, v128.load(q2, 16))
    s30 = multiplyAdd(s30, x, v128.load(q3))
    s31 = multiplyAdd(s31, x, v128.load(q3, 16))
    a += 4
    q0 += 32
    q1 += 32
    q2 += 32
    q3 += 32
  }
  finishPanel(y, s00, s01, 8, flags, scale, shift)
  finishPanel(y + 32, s10, s11, 8, flags, scale + 32, shift + 32)
  finishPanel(y + 64, s20, s21, 8, flags, scale + 64, shift + 64)
  finishPanel(y + 96, s30, s31, 8, flags, scale + 96, shift + 96)
}

/** One panel, of eight filters or fewer; of four or fewer it is four wide. */
function onePanel(a: usize, run: usize, b: usize, y: usize, filters: i32, flags: i32, scale: usize, shift: usize): void {
  let low = f32x4.splat(0), high = low
  const end = a + run
  const step: usize = filters > 4 ? 32 : 16
  while (a < end) {
    const x = v128.load32_splat(a)
    low = multiplyAdd(low, x, v128.load(b))
    high = multiplyAdd(high, x, v128.load(b, 16))
    a += 4
    b += step
  }
  finishPanel(y, low, high, filters, flags, scale, shift)
}

/** One pixel of `run` bytes by packed filters. Shapes  b [panel][run][8 or 4] → y [filters] */
export function multiplyRow(a: usize, run: usize, b: usize, y: usize, filters: i32, flags: i32, scale: usize, shift: usize): void {
  const panel = run << 3
  let f = 0
  for (; filters - f >= 32; f += 32) {
    const place = <usize>f << 2
    fourPanels(a, run, b + <usize>f * run, panel, y + place, flags, scale + place, shift + place)
  }
  for (; f < filters; f += 8) {
    const place = <usize>f << 2
    onePanel(a, run, b + <usize>f * run, y + place, filters - f, flags, scale + place, shift + place)
  }
}
