/** Where images come from, as data: the words an experiment names its data with. */
import { mostClasses } from '../net/limits.js'
import type { Shape } from '../net/shape.js'
import { optionsOf, unknownIn } from '../net/words/options.js'
import type { Augmentation } from './pipeline/augment.js'

/** Mean and deviation a channel, of values in 0–1. */
export interface Normaliser {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

interface Common {
  readonly name: string
  /** Training images kept for choices: a share below 1, or a number of images; the same share of each class. */
  readonly validation: number
  /** In this order, on training images only. */
  readonly augment: readonly Augmentation[]
  /** By default measured on the training images. */
  readonly normalise: Normaliser | null
}

/** Ten invented signs. */
export interface Glyphs extends Common {
  readonly _tag: 'glyphs'
  /** The seed they are drawn by, whatever the run's seed is. */
  readonly drawn: number
  /** Images drawn for training and validation. */
  readonly train: number
  /** Images drawn for the test. */
  readonly test: number
}

/** Four IDX files. */
export interface Mnist extends Common {
  readonly _tag: 'mnist'
}

/** CIFAR-10's binary batches. */
export interface Cifar10 extends Common {
  readonly _tag: 'cifar10'
}

/** Folders of images, one a class. */
export interface ImageFolder extends Common {
  readonly _tag: 'imageFolder'
  /** What images are scaled and cut to when they are decoded. */
  readonly image: Shape
}

/** Shards of Example records. */
export interface TfRecord extends Common {
  readonly _tag: 'tfrecord'
  /** What images are scaled and cut to when they are decoded. */
  readonly image: Shape
  /** The classes' names, in the order of their labels. */
  readonly classes: readonly string[]
  /** Keys of an Example's features, and the label of the first class. */
  readonly keys: { readonly image: string; readonly label: string }
  readonly firstLabel: number
}

/** What an experiment names its data by. */
export type DataSpec = Glyphs | Mnist | Cifar10 | ImageFolder | TfRecord

/** What every data word takes. */
export type DataOptions = Partial<Common>

/** A list of its own, that stays as it is; what is no list is kept, to be refused. */
const listOf = <A>(given: readonly A[]): readonly A[] =>
  Array.isArray(given) ? Object.freeze([...given]) : given

/** What every data word takes, by default under its own name; the rest of the options is given back. */
const commonOf = <O extends DataOptions>(usual: string, options: O) => {
  const { name = usual, validation = 0.1, augment = [], normalise = null, ...rest } = optionsOf(options)
  return { common: { name, validation, augment: listOf(augment), normalise }, rest }
}

/** Ten invented signs, drawn from the seed: 28×28×1, nothing to download. */
export const glyphs = (
  options: DataOptions & Partial<Pick<Glyphs, 'drawn' | 'train' | 'test'>> = {},
): Glyphs => {
  const { common, rest } = commonOf('glyphs', options)
  const { drawn = 0, train = 5000, test = 1000, ...unknown } = rest
  return Object.freeze({ _tag: 'glyphs' as const, ...common, drawn, train, test, ...unknownIn(unknown) })
}

/**
 * MNIST, or any set in its four IDX files, packed or not: `train-images-idx3-ubyte` and so on, or with the set's name
 * before it, as EMNIST has them. Labels run without a gap from 0, or from 1: the classes are then '1', '2' and so on.
 *
 * @example
 * mnist({ augment: [shift(2)] })
 */
export const mnist = (options: DataOptions = {}): Mnist => {
  const { common, rest } = commonOf('mnist', options)
  return Object.freeze({ _tag: 'mnist' as const, ...common, ...unknownIn(rest) })
}

/** CIFAR-10 in its binary batches: 32×32×3. */
export const cifar10 = (options: DataOptions = {}): Cifar10 => {
  const { common, rest } = commonOf('cifar10', options)
  return Object.freeze({ _tag: 'cifar10' as const, ...common, ...unknownIn(rest) })
}

/**
 * Folders of JPEG, PNG, WebP, GIF, TIFF or AVIF images, one a class, in `train` and `test`: on disk, or in
 * `train.tar.gz` and `test.tar.gz`. `val` beside them is the validation set, instead of a share of `train`; without
 * `test`, as in ImageNet, it is the test set. Images in folders inside a class folder are the class's too. They are
 * turned upright by their EXIF orientation, scaled until they cover `image`, and their middle is cut out; one channel
 * is grey, 0.299 R + 0.587 G + 0.114 B.
 *
 * @example
 * imageFolder(image(32, 32, 3), { augment: [randomCrop(4), flip] })
 * imageFolder(image(256, 256, 3), { augment: [randomResizedCrop(224), flip] })   // tested on the middle 224×224
 */
export const imageFolder = (image: Shape, options: DataOptions = {}): ImageFolder => {
  const { common, rest } = commonOf('images', options)
  return Object.freeze({ _tag: 'imageFolder' as const, ...common, image, ...unknownIn(rest) })
}

/** What `tfrecord` may be told beside what every data word may. */
export interface TfRecordOptions extends DataOptions {
  readonly keys?: { readonly image?: string; readonly label?: string }
  readonly firstLabel?: number
}

/** So many classes have their numbers for names. */
const namesOf = (classes: number | readonly string[]): readonly string[] =>
  typeof classes !== 'number'
    ? listOf(classes)
    : Number.isInteger(classes) && classes >= 0 && classes <= mostClasses
      ? Array.from({ length: classes }, (_, nth) => `${nth}`)
      : (classes as never) // no such number: kept, to be refused

/**
 * Shards of `tf.train.Example` records, `train*` and `test*`, or `NAME-train*` and `NAME-test*`, as ImageNet is usually
 * kept: encoded images with labels from 1 on, or from `firstLabel`, or one-hot. `validation*` beside them is the
 * validation set, and the test set where there is no other. `classes` are their names, or how many there are.
 *
 * @example
 * tfrecord(image(256, 256, 3), 1000, { augment: [randomResizedCrop(224), flip] })
 */
export const tfrecord = (
  image: Shape,
  classes: number | readonly string[],
  options: TfRecordOptions = {},
): TfRecord => {
  const { common, rest } = commonOf('records', options)
  const { keys = {}, firstLabel = 1, ...unknown } = rest
  return Object.freeze({
    _tag: 'tfrecord' as const,
    ...common,
    image,
    classes: namesOf(classes),
    keys: { image: 'image/encoded', label: 'image/class/label', ...optionsOf(keys) },
    firstLabel,
    ...unknownIn(unknown),
  })
}
