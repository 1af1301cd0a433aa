/** Rotates, scales and moves images about their centre. */
import { type Stream, uniform } from '../../net/random.js'
import { type Shape, sizeOf } from '../../net/shape.js'
import type { Augmentation, Fill } from './augment.js'
import { cropWindow } from './window.js'

/** Clockwise by `degrees`, larger by the factor `scale`, then `right` and `down` by pixels, which may be fractional. */
export interface Affine {
  readonly degrees: number
  readonly scale: number
  readonly right: number
  readonly down: number
}

/** How far an axis is filled on either side: a place beyond has the value of the last pixel that is filled. */
const marginOf = (size: number, fill: Fill): number => (fill === 'mirror' ? size - 1 : 1)

const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most)

/**
 * Writes the value at a place of a padded image, by bilinear interpolation; its last row and column only stand beside
 * others.
 */
const interpolator = ([rows = 0, columns = 0, channels = 0]: Shape, pixels: Uint8Array) => {
  const line = columns * channels
  return (y: number, x: number, to: Uint8Array, at: number): void => {
    const [row, column] = [clamp(y, rows - 2), clamp(x, columns - 2)]
    const [top, left] = [Math.floor(row), Math.floor(column)]
    const [below, beside] = [row - top, column - left]
    for (let channel = 0, from = top * line + left * channels; channel < channels; channel++, from++) {
      const upper = (pixels[from] ?? 0) * (1 - beside) + (pixels[from + channels] ?? 0) * beside
      const lower = (pixels[from + line] ?? 0) * (1 - beside) + (pixels[from + line + channels] ?? 0) * beside
      to[at + channel] = upper * (1 - below) + lower * below + 0.5
    }
  }
}

/**
 * Writes an image under an affine map: each pixel is read at the place that the map sends to it.
 *
 * Shapes  [h, w, c] → the same
 * Law     moved by whole pixels alone, it is the crop at −`down`, −`right`
 */
export const affine = (
  image: Shape,
  fill: Fill,
): ((from: Uint8Array, to: Uint8Array, map: Affine) => void) => {
  const [height = 0, width = 0, channels = 0] = image
  const [above, before] = [marginOf(height, fill), marginOf(width, fill)]
  const padded = [height + 2 * above + 1, width + 2 * before + 1, channels]
  const pixels = new Uint8Array(sizeOf(padded))
  const pad = cropWindow(image, padded, fill)
  const write = interpolator(padded, pixels)
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2]
  return (from, to, { degrees, scale, right, down }) => {
    pad(from, pixels, -above, -before)
    const angle = (degrees * Math.PI) / 180
    const [cosine, sine] = [Math.cos(angle) / scale, Math.sin(angle) / scale]
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0; x < width; x++, at += channels) {
        const [dy, dx] = [y - middleY - down, x - middleX - right]
        write(above + middleY + cosine * dy - sine * dx, before + middleX + cosine * dx + sine * dy, to, at)
      }
  }
}

/** A map drawn within the limits of an augmentation. */
export const randomMap = (
  draw: Stream,
  [height = 0, width = 0]: Shape,
  { degrees, translate: [horizontal, vertical], scale }: Augmentation & { readonly _tag: 'randomAffine' },
): Affine => ({
  degrees: uniform(draw, -degrees, degrees),
  scale: uniform(draw, ...scale),
  right: uniform(draw, -horizontal * width, horizontal * width),
  down: uniform(draw, -vertical * height, vertical * height),
})
