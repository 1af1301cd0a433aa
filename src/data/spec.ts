/** Data set specifications as plain data, and the functions that make them. */
import { mostClasses } from '../net/limits/limits.js'
import type { Shape } from '../net/shape.js'
import { optionsOf, unknownIn, withArity } from '../net/words/options.js'
import type { Augmentation } from './pipeline/augment.js'

/** Mean and deviation of each channel, of pixels from 0 to 1. */
export interface Normaliser {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

interface Common {
  readonly name: string
  /** Training images split off for validation: a share below 1, or a number; the same share of each class. */
  readonly validation: number
  /** Augmentations of training images, in this order. */
  readonly augment: readonly Augmentation[]
  /** By default measured on the training images. */
  readonly normalise: Normaliser | null
}

/** Ten synthetic glyphs. */
export interface Glyphs extends Common {
  readonly _tag: 'glyphs'
  /** The seed of the drawings, independent of the run's seed. */
  readonly drawn: number
  /** Number of images for training and validation. */
  readonly train: number
  /** Number of test images. */
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

/** Folders of images, one per class. */
export interface ImageFolder extends Common {
  readonly _tag: 'imageFolder'
  /** The shape to which images are scaled and cropped when they are decoded. */
  readonly image: Shape
}

/** Shards of Example records. */
export interface TfRecord extends Common {
  readonly _tag: 'tfrecord'
  /** The shape to which images are scaled and cropped when they are decoded. */
  readonly image: Shape
  /** The classes' names, in the order of their labels. */
  readonly classes: readonly string[]
  /** Keys of an Example's features, and the label of the first class. */
  readonly keys: { readonly image: string; readonly label: string }
  readonly firstLabel: number
}

/** A data set specification. */
export type DataSpec = Glyphs | Mnist | Cifar10 | ImageFolder | TfRecord

/** Options of every data set. */
export type DataOptions = Partial<Common>

/** A frozen copy of a list; anything else is passed on, to be refused by the codec. */
const freezeList = <A>(list: readonly A[]): readonly A[] =>
  Array.isArray(list) ? Object.freeze([...list]) : list

/** Splits options into those of every data set, with defaults, and the rest. */
const splitCommon = <O extends DataOptions>(defaultName: string, options: O) => {
  const { name = defaultName, validation = 0.1, augment = [], normalise = null, ...rest } = optionsOf(options)
  return { common: { name, validation, augment: freezeList(augment), normalise }, rest }
}

/** Ten synthetic glyphs drawn from a seed: 28×28×1, nothing to download. */
export const glyphs = withArity(
  1,
  (options: DataOptions & Partial<Pick<Glyphs, 'drawn' | 'train' | 'test'>> = {}): Glyphs => {
    const { common, rest } = splitCommon('glyphs', options)
    const { drawn = 0, train = 5000, test = 1000, ...unknown } = rest
    return Object.freeze({ _tag: 'glyphs' as const, ...common, drawn, train, test, ...unknownIn(unknown) })
  },
)

/**
 * MNIST, or any data set in its four IDX files, gzipped or not: `train-images-idx3-ubyte` and so on, or with a prefix
 * as EMNIST has it. Labels must run without a gap from 0, or from 1: the classes are then '1', '2' and so on.
 *
 * @example
 * mnist({ augment: [shift(2)] })
 */
export const mnist = withArity(1, (options: DataOptions = {}): Mnist => {
  const { common, rest } = splitCommon('mnist', options)
  return Object.freeze({ _tag: 'mnist' as const, ...common, ...unknownIn(rest) })
})

/** CIFAR-10 in its binary batches: 32×32×3. */
export const cifar10 = withArity(1, (options: DataOptions = {}): Cifar10 => {
  const { common, rest } = splitCommon('cifar10', options)
  return Object.freeze({ _tag: 'cifar10' as const, ...common, ...unknownIn(rest) })
})

/**
 * Folders of JPEG, PNG, WebP, GIF, TIFF or AVIF images, one per class, in `train` and `test`: on disk, or in
 * `train.tar.gz` and `test.tar.gz`. `val` beside them is the validation set, instead of a share of `train`; without
 * `test`, as in ImageNet, it is the test set. Subfolders of a class folder belong to the class. Images are
 * rotated by their EXIF orientation, scaled to cover `image`, and centre-cropped; one channel
 * is grey, 0.299 R + 0.587 G + 0.114 B.
 *
 * @example
 * imageFolder(image(32, 32, 3), { augment: [randomCrop(4), flip] })
 * imageFolder(image(256, 256, 3), { augment: [randomResizedCrop(224), flip] })   // tested on the middle 224×224
 */
export const imageFolder = withArity(2, (image: Shape, options: DataOptions = {}): ImageFolder => {
  const { common, rest } = splitCommon('images', options)
  return Object.freeze({ _tag: 'imageFolder' as const, ...common, image, ...unknownIn(rest) })
})

/** Options of `tfrecord`. */
export interface TfRecordOptions extends DataOptions {
  readonly keys?: { readonly image?: string; readonly label?: string }
  readonly firstLabel?: number
}

/** The names of classes; a number of classes gives their numbers as names. */
const classNames = (classes: number | readonly string[]): readonly string[] =>
  typeof classes !== 'number'
    ? freezeList(classes)
    : Number.isInteger(classes) && classes >= 0 && classes <= mostClasses
      ? Array.from({ length: classes }, (_, nth) => `${nth}`)
      : (classes as never) // no such number: kept, to be refused

/**
 * Shards of `tf.train.Example` records, `train*` and `test*`, or `NAME-train*` and `NAME-test*`, as ImageNet is usually
 * stored, compressed with gzip or zlib or not: encoded images with labels that begin at `firstLabel`, by default 1, or one-hot. `validation*` is the
 * validation set, and the test set where there is no other. `classes` are the names, or the number of classes.
 *
 * @example
 * tfrecord(image(256, 256, 3), 1000, { augment: [randomResizedCrop(224), flip] })
 */
export const tfrecord = withArity(
  3,
  (image: Shape, classes: number | readonly string[], options: TfRecordOptions = {}): TfRecord => {
    const { common, rest } = splitCommon('records', options)
    const { keys = {}, firstLabel = 1, ...unknown } = rest
    return Object.freeze({
      _tag: 'tfrecord' as const,
      ...common,
      image,
      classes: classNames(classes),
      keys: { image: 'image/encoded', label: 'image/class/label', ...optionsOf(keys) },
      firstLabel,
      ...unknownIn(unknown),
    })
  },
)
