/** Data specifications as JSON. Law  decoding an encoded specification gives an equal one */
import * as t from 'io-ts'
import { closed, finite, list, nullable, positive, tag, tagged, wholeFrom, wholeNumber } from '../io/codec.js'
import { inputCodec } from '../net/codec.js'
import { mostDrawn } from '../net/limits/limits.js'
import { seedCodec } from '../net/random.js'
import type { Augmentation, Fill } from './pipeline/augment.js'
import type { Colour, DataSpec } from './spec.js'

const fill: t.Type<Fill> = t.keyof({ zero: null, edge: null, mirror: null })
const range = t.readonly(t.tuple([finite, finite], 'two numbers'), 'two numbers')

/** One augmentation. */
const augmentationCodec: t.Type<Augmentation, unknown> = tagged<Augmentation>('an augmentation', {
  shift: closed({ ...tag('shift'), pixels: finite, fill }),
  flip: closed({ ...tag('flip'), alternating: t.boolean }),
  randomCrop: closed({ ...tag('randomCrop'), padding: finite, size: nullable(finite), fill }),
  randomResizedCrop: closed({ ...tag('randomResizedCrop'), size: finite, area: range, ratio: range }),
  randomAffine: closed({ ...tag('randomAffine'), degrees: finite, translate: range, scale: range, fill }),
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

const byte = wholeFrom(0, 255)
/** A colour. */
export const colourCodec: t.Type<Colour, unknown> = t.readonly(
  t.tuple([byte, byte, byte]),
  'red, green and blue from 0 to 255',
)
const background = nullable(colourCodec)

/** Folders in folders that can make up the name of a class. */
const mostDepth = 16

/** A specification; `checkOptions` checks it against the data. */
export const dataCodec: t.Type<DataSpec, unknown> = tagged<DataSpec>('a data set', {
  glyphs: closed({ ...tag('glyphs'), ...common, drawn: seedCodec, train: drawn, test: drawn }),
  mnist: closed({ ...tag('mnist'), ...common, transposed: nullable(t.boolean) }),
  cifar10: closed({ ...tag('cifar10'), ...common }),
  cifar100: closed({ ...tag('cifar100'), ...common, labels: t.keyof({ fine: null, coarse: null }) }),
  imageFolder: closed({
    ...tag('imageFolder'),
    ...common,
    image,
    background,
    depth: wholeFrom(1, mostDepth),
    test: positive,
    splitSeed: seedCodec,
  }),
  imageCsv: closed({
    ...tag('imageCsv'),
    ...common,
    image,
    background,
    columns: closed({ path: nullable(t.string), label: nullable(t.string), part: nullable(t.string) }),
    test: positive,
    splitSeed: seedCodec,
  }),
  tfds: closed({
    ...tag('tfds'),
    ...common,
    image,
    background,
    keys: closed({ image: nullable(t.string), label: nullable(t.string) }),
    test: positive,
    splitSeed: seedCodec,
  }),
  tfrecord: closed({
    ...tag('tfrecord'),
    ...common,
    image,
    background,
    classes: list(t.string, 'a list of names, or how many there are'),
    keys: closed({ image: t.string, label: t.string }),
    firstLabel: wholeNumber,
    test: positive,
    splitSeed: seedCodec,
  }),
})
