/** Crops windows of byte images; pixels outside the image are filled. */
import { elementAt } from '../../io/element.js'
import type { Shape } from '../../net/shape.js'
import type { Fill } from './augment.js'

/** The source row or column of a position; −1 for black. */
const sourceIndex = (at: number, size: number, fill: Fill): number => {
  if (at >= 0 && at < size) return at
  if (fill === 'zero') return -1
  const mirrored = fill === 'edge' ? at : at < 0 ? -at : 2 * size - 2 - at
  return Math.min(size - 1, Math.max(0, mirrored))
}

/** Writes the window of an image at `top`, `left` to `to`. */
export type CropWindow = (from: Uint8Array, to: Uint8Array, top: number, left: number) => void

/**
 * Crops windows of one shape from images of another.
 *
 * Shapes  [h, w, c] → [rows, columns, c]
 */
export const cropWindow = (
  [height = 0, width = 0, channels = 0]: Shape,
  [rows = 0, columns = 0]: Shape,
  fill: Fill,
): CropWindow => {
  const copyPixel = (from: Uint8Array, row: number, to: Uint8Array, target: number, at: number): void => {
    const column = sourceIndex(at, width, fill)
    for (let c = 0; c < channels; c++)
      to[target + c] = column < 0 ? 0 : (from[row + column * channels + c] ?? 0)
  }
  return (from, to, top, left) => {
    const firstInside = Math.min(columns, Math.max(0, -left))
    const lastInside = Math.max(0, Math.min(columns, width - left))
    for (let y = 0; y < rows; y++) {
      const target = y * columns * channels
      const source = sourceIndex(top + y, height, fill)
      const row = source * width * channels
      if (source < 0) to.fill(0, target, target + columns * channels)
      else {
        const inside = from.subarray(
          row + (left + firstInside) * channels,
          row + (left + lastInside) * channels,
        )
        to.set(inside, target + firstInside * channels)
        for (let x = 0; x < firstInside; x++) copyPixel(from, row, to, target + x * channels, left + x)
        for (let x = lastInside; x < columns; x++) copyPixel(from, row, to, target + x * channels, left + x)
      }
    }
  }
}

/** Crops the centre. */
export const centreCrop = (from: Shape, to: Shape): ((source: Uint8Array, target: Uint8Array) => void) => {
  const copy = cropWindow(from, to, 'zero')
  const [top = 0, left = 0] = [0, 1].map(axis =>
    Math.floor((elementAt(from, axis) - elementAt(to, axis)) / 2),
  )
  return (source, target) => copy(source, target, top, left)
}
