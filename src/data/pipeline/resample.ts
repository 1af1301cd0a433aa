/** Resizes windows of images. */
import { type Stream, uniform } from '../../net/random.js'
import type { Shape } from '../../net/shape.js'

/** A window in pixels, which may be fractional. */
export interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/** Along one axis, the two pixels between which each position lies, by their offsets, and how far it is from the first. */
interface Axis {
  readonly first: Int32Array
  readonly second: Int32Array
  readonly part: Float64Array
}

const makeAxis = (length: number): Axis => ({
  first: new Int32Array(length),
  second: new Int32Array(length),
  part: new Float64Array(length),
})

/** Pixels of an axis of `size` pixels, `stride` values apart, for positions spread over a window. */
const fillAxis = (
  { first, second, part }: Axis,
  size: number,
  stride: number,
  begin: number,
  extent: number,
): void => {
  for (let at = 0; at < part.length; at++) {
    const place = begin + ((at + 0.5) * extent) / part.length - 0.5
    const inside = Math.min(size - 1, Math.max(0, place))
    const pixel = Math.floor(inside)
    first[at] = pixel * stride
    second[at] = Math.min(size - 1, pixel + 1) * stride
    part[at] = inside - pixel
  }
}

/** One row of pixels, resized along it. */
interface Row {
  /** The offset of its first pixel; −1 for none. */
  begin: number
  readonly values: Float64Array
}

const makeRow = (size: number): Row => ({ begin: -1, values: new Float64Array(size) })

const fillRow = (row: Row, from: Uint8Array, begin: number, along: Axis, channels: number): void => {
  const { values } = row
  row.begin = begin
  for (let x = 0, at = 0; x < along.part.length; x++) {
    const west = begin + (along.first[x] ?? 0)
    const east = begin + (along.second[x] ?? 0)
    const part = along.part[x] ?? 0
    for (let c = 0; c < channels; c++, at++)
      values[at] = (from[west + c] ?? 0) * (1 - part) + (from[east + c] ?? 0) * part
  }
}

const mixRows = ({ values: upper }: Row, { values: lower }: Row, part: number, to: Uint8Array): void => {
  for (let at = 0; at < upper.length; at++)
    to[at] = (upper[at] ?? 0) * (1 - part) + (lower[at] ?? 0) * part + 0.5
}

/**
 * Resizes a window to `to` by bilinear interpolation. Each row of pixels is resized once, for all rows between it and its
 * neighbours.
 *
 * Shapes  [h, w, c] → [rows, columns, c]
 */
export const resample = (
  [height = 0, width = 0, channels = 0]: Shape,
  [rows = 0, columns = 0]: Shape,
): ((from: Uint8Array, to: Uint8Array, window: Window) => void) => {
  const [down, along] = [makeAxis(rows), makeAxis(columns)]
  const size = columns * channels
  const buffers = [makeRow(size), makeRow(size)] as const
  const rowAt = (from: Uint8Array, begin: number, spared: number): Row => {
    const [one, other] = buffers
    if (one.begin === begin) return one
    if (other.begin !== begin) fillRow(one.begin === spared ? other : one, from, begin, along, channels)
    return one.begin === begin ? one : other
  }
  return (from, to, window) => {
    fillAxis(down, height, width * channels, window.top, window.height)
    fillAxis(along, width, channels, window.left, window.width)
    for (const buffer of buffers) buffer.begin = -1
    for (let y = 0; y < rows; y++) {
      const [above = 0, below = 0] = [down.first[y], down.second[y]]
      const upper = rowAt(from, above, below)
      const lower = rowAt(from, below, above)
      mixRows(upper, lower, down.part[y] ?? 0, to.subarray(y * size, (y + 1) * size))
    }
  }
}

/**
 * A window of random area and aspect ratio; where ten draws do not fit, the largest centred one that does.
 *
 * Source  Szegedy et al. 2015
 */
export const randomWindow = (
  draw: Stream,
  [height = 0, width = 0]: Shape,
  area: readonly [number, number],
  ratio: readonly [number, number],
): Window => {
  for (let attempt = 0; attempt < 10; attempt++) {
    const cropArea = height * width * uniform(draw, ...area)
    const aspect = Math.exp(Math.log(ratio[0]) + Math.log(ratio[1] / ratio[0]) * draw())
    const cropWidth = Math.round(Math.sqrt(cropArea * aspect))
    const cropHeight = Math.round(Math.sqrt(cropArea / aspect))
    if (cropWidth >= 1 && cropHeight >= 1 && cropWidth <= width && cropHeight <= height)
      return {
        top: Math.floor(draw() * (height - cropHeight + 1)),
        left: Math.floor(draw() * (width - cropWidth + 1)),
        height: cropHeight,
        width: cropWidth,
      }
  }
  const cropWidth = Math.min(width, Math.round(height * ratio[1]))
  const cropHeight = Math.min(height, Math.round(width / ratio[0]))
  return {
    top: Math.floor((height - cropHeight) / 2),
    left: Math.floor((width - cropWidth) / 2),
    height: cropHeight,
    width: cropWidth,
  }
}
