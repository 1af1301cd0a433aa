/** Data specifications to and from JSON. Law  decoding what was encoded gives an equal specification */
import * as t from 'io-ts'
import { closed, finite, tagged, whole } from '../net/closed.js'
import type { Augmentation, Fill } from './augment.js'
import type { DataSpec } from './spec.js'

const tag = <T extends string>(value: T) => ({ _tag: t.literal(value) })
const fill: t.Type<Fill> = t.keyof({ zero: null, edge: null, mirror: null })
const range = t.readonly(t.tuple([finite, finite]))

/** One augmentation. */
export const augmentationCodec: t.Type<Augmentation, unknown> = tagged<Augmentation>('an augmentation', {
  shift: closed({ ...tag('shift'), pixels: finite, fill }),
  flip: closed({ ...tag('flip') }),
  randomCrop: closed({ ...tag('randomCrop'), padding: finite, size: t.union([finite, t.null]), fill }),
  randomResizedCrop: closed({ ...tag('randomResizedCrop'), size: finite, area: range, ratio: range }),
  cutout: closed({ ...tag('cutout'), size: finite }),
  colorJitter: closed({ ...tag('colorJitter'), brightness: finite, contrast: finite, saturation: finite }),
})

const numbers = t.readonlyArray(finite)

const shape = t.readonlyArray(whole)

const common = {
  name: t.string,
  validation: finite,
  augment: t.readonlyArray(augmentationCodec),
  normalise: t.union([closed({ mean: numbers, deviation: numbers }), t.null]),
}

export const dataCodec: t.Type<DataSpec, unknown> = tagged<DataSpec>('a data set', {
  glyphs: closed({ ...tag('glyphs'), ...common, drawn: whole, train: whole, test: whole }),
  mnist: closed({ ...tag('mnist'), ...common }),
  cifar10: closed({ ...tag('cifar10'), ...common }),
  imageFolder: closed({ ...tag('imageFolder'), ...common, image: shape }),
  tfrecord: closed({
    ...tag('tfrecord'),
    ...common,
    image: shape,
    classes: t.readonlyArray(t.string),
    keys: closed({ image: t.string, label: t.string }),
    firstLabel: whole,
  }),
})
