/** A scale and a shift of each channel as the preprocessing of images. */
import type { Preprocessing } from '../../data/preprocessing.js'
import type { Shape } from '../../net/shape.js'
import type { Input } from '../input.js'
import { type Affine, maxPixel } from './include-normaliser.js'

/**
 * The preprocessing that normalises pixels like an affine map; the classes are numbered, for a file that does not name them.
 * Null where a deviation would not be positive.
 */
export const preprocessingOf = (
  input: Exclude<Input, 'normalised'>,
  { scale, shift }: Affine,
  size: Shape,
  classes: number,
): Preprocessing | null => {
  const deviation = scale.map(each => 1 / (maxPixel[input] * each))
  const [height = 0, width = 0] = size
  return deviation.every(each => Number.isFinite(each) && each > 0)
    ? {
        size,
        resize: { height, width, fit: 'cover' },
        mean: shift.map((each, c) => 0 - each * (deviation[c] ?? 1)),
        deviation,
        classes: Array.from({ length: classes }, (_, nth) => `${nth}`),
      }
    : null
}
