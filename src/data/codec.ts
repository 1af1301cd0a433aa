/** Data specifications as JSON. Law  decoding an encoded specification gives an equal one */
import * as t from 'io-ts'
import { closed, finite, list, nullable, tagged, wholeFrom, wholeNumber } from '../io/codec.js'
import { inputCodec } from '../net/codec.js'
import { mostDrawn } from '../net/limits/limits.js'
import { seedCodec } from '../net/random.js'
import type { Augmentation, Fill } from './pipeline/augment.js'
import type { DataSpec } from './spec.js'

const tag = <T extends string>(value: T) => ({ _tag: t.literal(value) })
const fill: t.Type<Fill> = t.keyof({ zero: null, edge: null, mirror: null })
const range = t.readonly(t.tuple([finite, finite], 'two numbers'), 'two numbers')

/** One augmentation. */
export const augmentationCodec: t.Type<Augmentation, unknown> = tagged<Augmentation>('an augmentation', {
  shift: closed({ ...tag('shift'), pixels: finite, fill }),
  flip: closed({ ...tag('flip'), alternating: t.boolean }),
  randomCrop: closed({ ...tag('randomCrop'), padding: finite, size: nullable(finite), fill }),
  randomResizedCrop: closed({ ...tag('randomResizedCrop'), size: finite, area: range, ratio: range }),
  cutout: closed({ ...tag('cutout'), size: finite }),
  colorJitter: closed({ ...tag('colorJitter'), brightness: finite, contrast: finite, saturation: finite }),
})

const image = t.refinement(inputCodec, ({ length }) => length === 3, inputCodec.name)

const common = {
  name: t.string,
  validation: finite,
  augment: list(augmentationCodec, 'a list of augmentations'),
  normalise: nullable(closed({ mean: list(finite), deviation: list(finite) }, 'mean and deviation')),
}

const drawn = wholeFrom(1, mostDrawn)

/** A specification; `checkOptions` checks it against the data. */
export const dataCodec: t.Type<DataSpec, unknown> = tagged<DataSpec>('a data set', {
  glyphs: closed({ ...tag('glyphs'), ...common, drawn: seedCodec, train: drawn, test: drawn }),
  mnist: closed({ ...tag('mnist'), ...common }),
  cifar10: closed({ ...tag('cifar10'), ...common }),
  imageFolder: closed({ ...tag('imageFolder'), ...common, image }),
  tfrecord: closed({
    ...tag('tfrecord'),
    ...common,
    image,
    classes: list(t.string, 'a list of names, or how many there are'),
    keys: closed({ image: t.string, label: t.string }),
    firstLabel: wholeNumber,
  }),
})
