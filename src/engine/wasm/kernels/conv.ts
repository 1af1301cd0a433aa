/** Convolutions as products of matrices whose rows are windows of a frame; dense layers are the case of one pixel. */
import { divideUp, fill, firstTap, scratch, tapStep } from './frame'
import { multiplyRow } from './row'
import { ACCUMULATE, columns4, columns8, overGrid, rows4, rows8 } from './tile'

/** Width of the panel that starts `left` columns before the end. */
// @ts-ignore: decorator
@inline
function panelOf(left: i32): i32 {
  return left > 4 ? 8 : 4
}

/**
 * Packs a kernel, or its mirror, into panels of eight columns (the last of four where that will do), zeros behind.
 *
 * Shapes  source: `taps` × `depth` × `width` values, their strides in floats → target [panel][taps · depth][8 or 4]
 */
export function pack(
  from: i32, to: i32, // panels
  source: usize, target: usize, taps: i32, depth: i32, width: i32, tapStep: i32, depthStep: i32, widthStep: i32,
): void {
  for (let panel = from; panel < to; panel++) {
    const first = panel * 8
    const columns = panelOf(width - first)
    let at = target + (<usize>(first * taps * depth) << 2)
    for (let tap = 0; tap < taps; tap++) {
      for (let d = 0; d < depth; d++) {
        const line = tap * tapStep + d * depthStep
        for (let column = 0; column < columns; column++) {
          const place = line + (first + column) * widthStep
          store<f32>(at, first + column < width ? load<f32>(source + (<isize>place << 2)) : 0)
          at += 4
        }
      }
    }
  }
}

/** Bytes of pixels that stay in the nearest cache while all filters pass over them. */
const near: i32 = 1 << 15

/**
 * Windows of one pixel: rows of x times packed filters.
 *
 * Shapes  x [pixels, channels] → y [pixels, filters]; ld… in bytes
 */
export function convolvePoints(
  from: i32, to: i32, // pixels
  x: usize, ldx: usize, channels: i32, packed: usize, filters: i32,
  y: usize, ldy: usize, flags: i32, scale: usize, shift: usize,
): void {
  const run = <usize>channels << 2
  const most = max(32, (near / <i32>run) & ~3)
  for (let first = from; first < to; first += most) {
    const pixels = min(most, to - first)
    const a = x + <usize>first * ldx
    if (pixels == 1) {
      multiplyRow(a, run, packed, y + <usize>first * ldy, filters, flags, scale, shift)
      return
    }
    for (let f = 0; f < filters; f += 8) {
      const place = <usize>f << 2
      const b = packed + <usize>f * run
      const out = y + <usize>first * ldy + place
      if (filters - f <= 4) rows4(a, ldx, pixels, 1, 0, 1, 0, run, b, 0, 0, out, ldy, filters - f, flags, scale + place, shift + place)
      else rows8(a, ldx, pixels, 1, 0, 1, 0, run, b, 0, 0, out, ldy, filters - f, flags, scale + place, shift + place)
    }
  }
}

/**
 * Windows of x times packed filters. Output (i, j) is the window at (i · down − top, j · across − left) of a map whose
 * values lie `apart` from each other; only taps that meet a row and a value are multiplied. Where `framed`, the frame
 * holds the values with zeros around them, `above` and `before` the first.
 *
 * Shapes  x [images, height, width, channels] → y [images, rows, columns, filters]; ld… in bytes
 */
export function convolve(
  from: i32, to: i32, // panels of filters, of one image after another
  x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  framed: i32, high: i32, wide: i32, above: i32, before: i32, top: i32, left: i32, apartDown: i32, apartAcross: i32, group: i32,
  packed: usize, tall: i32, broad: i32, dilation: i32, down: i32, across: i32, filters: i32,
  y: usize, ldy: usize, rows: i32, columns: i32, flags: i32, scale: usize, shift: usize,
): void {
  const bytes = framed ? <usize>channels << 2 : ldx
  const line = <usize>wide * bytes
  const image = <usize>high * line
  const contiguous = dilation == 1 && apartAcross == 1 && (framed || ldx == <usize>channels << 2)
  const run = contiguous ? <usize>(broad * channels) << 2 : <usize>channels << 2
  const depth = <usize>(tall * broad * channels) << 2
  const nextDown = tapStep(apartDown, dilation), nextAcross = tapStep(apartAcross, dilation)
  if (framed) memory.fill(scratch, 0, <usize>group * image)
  const panels = divideUp(filters, 8)
  for (let unit = from; unit < to; ) {
    const n = unit / panels, first = unit % panels
    const last = min(panels, first + to - unit)
    const images = last - first == panels ? min(group, (to - unit) / panels) : 1
    unit += images * (last - first)
    if (framed)
      for (let g = 0; g < images; g++)
        fill(scratch + <usize>g * image, high, wide, above, before, 1, 1, x + <usize>(n + g) * <usize>(height * width) * ldx, ldx, height, width, channels)
    const base = framed ? scratch : x + <usize>n * image
    for (let f = first << 3; f < min(filters, last << 3); f += 8) {
      const b = packed + <usize>f * depth
      const narrow = filters - f <= 4
      const tap = <usize>channels << (narrow ? 4 : 5)
      const s = scale + (<usize>f << 2), t = shift + (<usize>f << 2)
      for (let g = 0; g < images; g++) {
        for (let row = 0; row < rows; row++) {
          const u = row * down - top
          let i = firstTap(u, apartDown, dilation, tall)
          while (i < tall && u + i * dilation < 0) i += nextDown
          const most = (height - 1) * apartDown - u
          const last = min(tall, most < 0 ? 0 : most / dilation + 1)
          const taps = divideUp(max(last - i, 0), nextDown)
          const source = base + <usize>g * image + <usize>((u + i * dilation) / apartDown + above) * line
          for (let phase = 0; phase < apartAcross; phase++) {
            const v = phase * across - left
            const j = firstTap(v, apartAcross, dilation, broad)
            const a = source + <usize>((v + j * dilation) / apartAcross + before) * bytes
            const runs = contiguous ? 1 : divideUp(broad - j, nextAcross)
            const out = y + <usize>(((n + g) * rows + row) * columns + phase) * ldy + (<usize>f << 2)
            const pixels = divideUp(max(columns - phase, 0), apartAcross)
            const q = b + <usize>(i * broad + j) * tap
            const lineStep = <usize>(nextDown * dilation / apartDown) * line, pixelStep = <usize>(nextAcross * dilation / apartAcross) * bytes
            const lineStepOfB = <usize>(nextDown * broad) * tap, pixelStepOfB = <usize>nextAcross * tap
            if (narrow)
              rows4(a, <usize>across * bytes, pixels, taps, lineStep, runs, pixelStep, run, q, lineStepOfB, pixelStepOfB, out, <usize>apartAcross * ldy, filters - f, flags, s, t)
            else
              rows8(a, <usize>across * bytes, pixels, taps, lineStep, runs, pixelStep, run, q, lineStepOfB, pixelStepOfB, out, <usize>apartAcross * ldy, filters - f, flags, s, t)
          }
        }
      }
    }
  }
}

/**
 * The gradient to a kernel: Σ over images and pixels of window × signal, a group of images at a time.
 *
 * Shapes  x [images, height, width, channels], dy [images, rows, columns, filters] → dk [tall, broad, channels, filters]
 */
export function convolveKernel(
  from: i32, to: i32, // strips: every four values of every run of the window
  images: i32, x: usize, ldx: usize, height: i32, width: i32, channels: i32,
  framed: i32, high: i32, wide: i32, top: i32, left: i32, group: i32,
  dy: usize, ldd: usize, rows: i32, columns: i32, filters: i32,
  tall: i32, broad: i32, dilation: i32, down: i32, across: i32, dk: usize, flags: i32,
): void {
  const bytes = framed ? <usize>channels << 2 : ldx
  const line = <usize>wide * bytes
  const image = <usize>high * line
  const contiguous = dilation == 1 && (framed || ldx == <usize>channels << 2)
  const run = contiguous ? broad * channels : channels
  const strips = (run + 3) >> 2
  const ld = <usize>filters << 2
  if (framed) memory.fill(scratch, 0, <usize>group * image)
  for (let n = 0; n < images; n += group) {
    const some = min(group, images - n)
    if (framed)
      for (let g = 0; g < some; g++)
        fill(scratch + <usize>g * image, high, wide, top, left, 1, 1, x + <usize>(n + g) * <usize>(height * width) * ldx, ldx, height, width, channels)
    const base = framed ? scratch : x + <usize>n * image
    const signal = dy + <usize>(n * rows * columns) * ldd
    overGrid(some, rows, columns, image, <usize>down * line, <usize>across * bytes, <usize>(rows * columns) * ldd, <usize>columns * ldd, ldd)
    const mode = n > 0 ? ACCUMULATE : flags
    for (let strip = from; strip < to; strip++) {
      const nth = strip / strips
      const first = (strip - nth * strips) << 2
      const i = contiguous ? nth : nth / broad
      const j = contiguous ? 0 : nth - i * broad
      const a = base + <usize>(i * dilation) * line + <usize>(j * dilation) * bytes + (<usize>first << 2)
      const y = dk + <usize>(nth * run + first) * ld
      const count = min(run - first, 4)
      for (let f = 0; f < filters; f += 8) {
        const at = <usize>f << 2
        if (filters - f <= 4) columns4(a, signal + at, y + at, ld, count, filters - f, mode)
        else columns8(a, signal + at, y + at, ld, count, filters - f, mode)
      }
    }
  }
}
