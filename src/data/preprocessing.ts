/** How images are prepared for a net, and the names of its classes: what whoever serves a model must know. */
import * as t from 'io-ts'
import { finite, naturalNumber, positive } from '../io/codec.js'
import { channelsOf, type Shape } from '../net/shape.js'
import type { Dataset } from './dataset.js'

/**
 * An image is scaled until it covers `resize`, the middle of that is cut out, and of it the middle of `size`.
 * Then each channel becomes (pixel / 255 − mean) / deviation.
 */
export interface Preprocessing {
  /** Height, width and channels of the net's input; 1 channel is grey, 3 are RGB. */
  readonly size: Shape
  readonly resize: { readonly height: number; readonly width: number; readonly fit: 'cover' }
  /** A channel, of values from 0 to 1. */
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
  /** In the order of the net's outputs. */
  readonly classes: readonly string[]
}

/** Other keys may stand beside these. */
export const preprocessingCodec: t.Type<Preprocessing, unknown> = t.refinement(
  t.type({
    size: t.readonlyArray(naturalNumber),
    resize: t.type({ height: naturalNumber, width: naturalNumber, fit: t.literal('cover') }),
    mean: t.readonlyArray(finite),
    deviation: t.readonlyArray(positive),
    classes: t.readonlyArray(t.string),
  }),
  ({ size, mean, deviation }) => [mean, deviation].every(({ length }) => length === channelsOf(size)),
  'a mean and a deviation for each channel of size',
)

/** What a data set prepares its images by, on which a net was trained. */
export const preprocessingOf = ({ image, stored, mean, deviation, classes }: Dataset): Preprocessing => {
  const [height = 0, width = 0] = stored
  return { size: image, resize: { height, width, fit: 'cover' }, mean, deviation, classes }
}
