/** A window of an image, resized. */
import type { Stream } from '../../net/random.js'
import type { Shape } from '../../net/shape.js'

/** In pixels; need not be whole. */
export interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/**
 * Resizes a window to `to`, each pixel mixed from its four nearest.
 *
 * Shapes  [h, w, c] → [rows, columns, c]
 */
export const resample = (
  [height = 0, width = 0, channels = 0]: Shape,
  [rows = 0, columns = 0]: Shape,
): ((from: Uint8Array, to: Uint8Array, window: Window) => void) => {
  const clip = (at: number, size: number) => Math.min(size - 1, Math.max(0, at))
  return (from, to, { top, left, height: high, width: wide }) => {
    for (let y = 0; y < rows; y++) {
      const v = clip(top + ((y + 0.5) * high) / rows - 0.5, height)
      const up = Math.floor(v) * width
      const down = Math.min(height - 1, Math.floor(v) + 1) * width
      const dv = v - Math.floor(v)
      for (let x = 0; x < columns; x++) {
        const u = clip(left + ((x + 0.5) * wide) / columns - 0.5, width)
        const west = Math.floor(u)
        const east = Math.min(width - 1, west + 1)
        const du = u - west
        for (let c = 0; c < channels; c++) {
          const above =
            (from[(up + west) * channels + c] ?? 0) * (1 - du) + (from[(up + east) * channels + c] ?? 0) * du
          const below =
            (from[(down + west) * channels + c] ?? 0) * (1 - du) +
            (from[(down + east) * channels + c] ?? 0) * du
          to[(y * columns + x) * channels + c] = above * (1 - dv) + below * dv + 0.5
        }
      }
    }
  }
}

/**
 * A window of a random share of the area and a random ratio of its sides; where ten draws do not fit,
 * the largest in the middle that does.
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
    const surface = height * width * (area[0] + (area[1] - area[0]) * draw())
    const sides = Math.exp(Math.log(ratio[0]) + Math.log(ratio[1] / ratio[0]) * draw())
    const wide = Math.round(Math.sqrt(surface * sides))
    const high = Math.round(Math.sqrt(surface / sides))
    if (wide >= 1 && high >= 1 && wide <= width && high <= height)
      return {
        top: Math.floor(draw() * (height - high + 1)),
        left: Math.floor(draw() * (width - wide + 1)),
        height: high,
        width: wide,
      }
  }
  const wide = Math.min(width, Math.round(height * ratio[1]))
  const high = Math.min(height, Math.round(width / ratio[0]))
  return {
    top: Math.floor((height - high) / 2),
    left: Math.floor((width - wide) / 2),
    height: high,
    width: wide,
  }
}
