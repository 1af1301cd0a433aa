/** The preprocessing of a net's images, and the names of its classes: what serving a model requires. */
import * as t from 'io-ts'
import { finite, naturalNumber, positive } from '../io/codec.js'
import { channelsOf, type Shape } from '../net/shape.js'
import { colourCodec } from './codec.js'
import type { Dataset } from './dataset.js'
import type { Colour } from './spec.js'

/**
 * An image is scaled to cover `resize` and cropped to its centre, then centre-cropped to `size`. Each channel
 * becomes (pixel / 255 − mean) / deviation.
 */
export interface Preprocessing {
  /** Height, width and channels of the net's input; 1 channel is grey, 3 are RGB. */
  readonly size: Shape
  readonly resize: { readonly height: number; readonly width: number; readonly fit: 'cover' }
  /** The colour that shows through transparent images; without it their transparency is dropped. */
  readonly background?: Colour
  /** One value a channel, of pixels from 0 to 1. */
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
  /** In the order of the net's outputs. */
  readonly classes: readonly string[]
}

/** Ignores other keys. */
export const preprocessingCodec: t.Type<Preprocessing, unknown> = t.refinement(
  t.intersection([
    t.partial({ background: colourCodec }),
    t.type({
      size: t.readonlyArray(naturalNumber),
      resize: t.type({ height: naturalNumber, width: naturalNumber, fit: t.literal('cover') }),
      mean: t.readonlyArray(finite),
      deviation: t.readonlyArray(positive),
      classes: t.readonlyArray(t.string),
    }),
  ]),
  ({ size, mean, deviation }) => [mean, deviation].every(({ length }) => length === channelsOf(size)),
  'a mean and a deviation for each channel of size',
)

/** The preprocessing of a data set's images. */
export const preprocessingOf = ({
  image,
  stored,
  background,
  mean,
  deviation,
  classes,
}: Dataset): Preprocessing => {
  const [height = 0, width = 0] = stored
  return {
    size: image,
    resize: { height, width, fit: 'cover' },
    ...(background !== undefined && { background }),
    mean,
    deviation,
    classes,
  }
}
