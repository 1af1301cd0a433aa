/** Resizes windows of images. */
import type { Stream } from '../../net/random.js'
import type { Shape } from '../../net/shape.js'

/** A window in pixels, which may be fractional. */
export interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/**
 * Resizes a window to `to` by bilinear interpolation.
 *
 * Shapes  [h, w, c] → [rows, columns, c]
 */
export const resample = (
  [height = 0, width = 0, channels = 0]: Shape,
  [rows = 0, columns = 0]: Shape,
): ((from: Uint8Array, to: Uint8Array, window: Window) => void) => {
  const clip = (at: number, size: number) => Math.min(size - 1, Math.max(0, at))
  return (from, to, { top, left, height: cropHeight, width: cropWidth }) => {
    for (let y = 0; y < rows; y++) {
      const v = clip(top + ((y + 0.5) * cropHeight) / rows - 0.5, height)
      const upperRow = Math.floor(v) * width
      const lowerRow = Math.min(height - 1, Math.floor(v) + 1) * width
      const dv = v - Math.floor(v)
      for (let x = 0; x < columns; x++) {
        const u = clip(left + ((x + 0.5) * cropWidth) / columns - 0.5, width)
        const west = Math.floor(u)
        const east = Math.min(width - 1, west + 1)
        const du = u - west
        for (let c = 0; c < channels; c++) {
          const above =
            (from[(upperRow + west) * channels + c] ?? 0) * (1 - du) +
            (from[(upperRow + east) * channels + c] ?? 0) * du
          const below =
            (from[(lowerRow + west) * channels + c] ?? 0) * (1 - du) +
            (from[(lowerRow + east) * channels + c] ?? 0) * du
          to[(y * columns + x) * channels + c] = above * (1 - dv) + below * dv + 0.5
        }
      }
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
    const cropArea = height * width * (area[0] + (area[1] - area[0]) * draw())
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
