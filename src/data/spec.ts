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

/** Red, green and blue, each from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number]

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
  /** Whether images are stored column by column; `null`: where the files are named as EMNIST's. */
  readonly transposed: boolean | null
}

/** CIFAR-10's binary batches. */
export interface Cifar10 extends Common {
  readonly _tag: 'cifar10'
}

/** CIFAR-100's binary files. */
export interface Cifar100 extends Common {
  readonly _tag: 'cifar100'
  /** The 100 classes, or the 20 they are grouped into. */
  readonly labels: 'fine' | 'coarse'
}

/** Folders of images, one a class. */
export interface ImageFolder extends Common {
  readonly _tag: 'imageFolder'
  /** The shape to which images are scaled and cropped when they are decoded. */
  readonly image: Shape
  /** What shows through transparent images; by default their transparency is dropped. */
  readonly background: Colour | null
  /** How many folders' names make up a class: 2 for `animals/cat` and `plants/oak`. */
  readonly depth: number
  /** Where there is no test part, the images split off for testing: a share below 1, or a number. */
  readonly test: number
  /** The seed of that split, independent of the run's seed. */
  readonly splitSeed: number
}

/** Images by a table of their paths and classes. */
export interface ImageCsv extends Common {
  readonly _tag: 'imageCsv'
  /** The shape to which images are scaled and cropped when they are decoded. */
  readonly image: Shape
  readonly background: Colour | null
  /** The columns by name; `null` where they have a usual one. */
  readonly columns: {
    readonly path: string | null
    readonly label: string | null
    readonly part: string | null
  }
  /** Where no row is for testing, the images split off for it: a share below 1, or a number. */
  readonly test: number
  readonly splitSeed: number
}

/** Shards of Example records. */
export interface TfRecord extends Common {
  readonly _tag: 'tfrecord'
  /** The shape to which images are scaled and cropped when they are decoded. */
  readonly image: Shape
  /** What shows through transparent images; by default their transparency is dropped. */
  readonly background: Colour | null
  /** The classes' names, in the order of their labels. */
  readonly classes: readonly string[]
  /** Keys of an Example's features, and the label of the first class. */
  readonly keys: { readonly image: string; readonly label: string }
  readonly firstLabel: number
}

/** A data set prepared by TensorFlow Datasets. */
export interface Tfds extends Common {
  readonly _tag: 'tfds'
  /** The shape to which images are scaled and cropped when they are decoded. */
  readonly image: Shape
  readonly background: Colour | null
  /** The features of the image and of the label; `null` where there is only one. */
  readonly keys: { readonly image: string | null; readonly label: string | null }
}

/** A data set specification. */
export type DataSpec = Glyphs | Mnist | Cifar10 | Cifar100 | ImageFolder | ImageCsv | TfRecord | Tfds

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
 * as EMNIST has it, whose images are turned upright. Labels must run without a gap from 0, or from 1: the classes are
 * then '1', '2' and so on.
 *
 * @example
 * mnist({ augment: [shift(2)] })
 */
export const mnist = withArity(1, (options: DataOptions & Partial<Pick<Mnist, 'transposed'>> = {}): Mnist => {
  const { common, rest } = splitCommon('mnist', options)
  const { transposed = null, ...unknown } = rest
  return Object.freeze({ _tag: 'mnist' as const, ...common, transposed, ...unknownIn(unknown) })
})

/** CIFAR-10 in its binary batches: 32×32×3. */
export const cifar10 = withArity(1, (options: DataOptions = {}): Cifar10 => {
  const { common, rest } = splitCommon('cifar10', options)
  return Object.freeze({ _tag: 'cifar10' as const, ...common, ...unknownIn(rest) })
})

/** CIFAR-100 in its binary version: 32×32×3, by its 100 `fine` labels or its 20 `coarse` ones. */
export const cifar100 = withArity(
  1,
  (options: DataOptions & Partial<Pick<Cifar100, 'labels'>> = {}): Cifar100 => {
    const { common, rest } = splitCommon('cifar100', options)
    const { labels = 'fine', ...unknown } = rest
    return Object.freeze({ _tag: 'cifar100' as const, ...common, labels, ...unknownIn(unknown) })
  },
)

/** Options of `imageFolder`. */
export type ImageFolderOptions = DataOptions &
  Partial<Pick<ImageFolder, 'background' | 'depth' | 'test' | 'splitSeed'>>

/**
 * Folders of JPEG, PNG, WebP, GIF, TIFF or AVIF images, one a class, in `train` and `test`: on disk, or in
 * `train.tar.gz` and `test.tar.gz`. `val` beside them is the validation set, instead of a share of `train`; without
 * `test`, as in ImageNet, it is the test set. Class folders alone are split: `test` is the share for testing, the same
 * of each class. Subfolders of a class folder belong to the class, unless `depth` says otherwise. Images are
 * rotated by their EXIF orientation, scaled to cover `image`, and centre-cropped; one channel
 * is grey, 0.299 R + 0.587 G + 0.114 B. Transparent images show `background`, such as `[255, 255, 255]`.
 *
 * @example
 * imageFolder(image(64, 64, 3), { test: 0.25 })   // photos/cat, photos/dog
 * imageFolder(image(32, 32, 3), { augment: [randomCrop(4), flip] })
 * imageFolder(image(256, 256, 3), { augment: [randomResizedCrop(224), flip] })   // tested on the middle 224×224
 */
export const imageFolder = withArity(2, (image: Shape, options: ImageFolderOptions = {}): ImageFolder => {
  const { common, rest } = splitCommon('images', options)
  const { background = null, depth = 1, test = 0.2, splitSeed = 0, ...unknown } = rest
  return Object.freeze({
    _tag: 'imageFolder' as const,
    ...common,
    image,
    background,
    depth,
    test,
    splitSeed,
    ...unknownIn(unknown),
  })
})

/** Options of `imageCsv`. */
export interface ImageCsvOptions
  extends DataOptions,
    Partial<Pick<ImageCsv, 'background' | 'test' | 'splitSeed'>> {
  readonly columns?: { readonly path?: string; readonly label?: string; readonly part?: string }
}

/**
 * Images by a CSV file of their paths, relative to it, and their classes; `--data` names the file, or a folder with
 * `train.csv` and `test.csv`, or with one such file. A third column may say which rows are for train, val and test; else
 * a share `test` is split off. Columns are found by usual names (path, filename, image; label, class; split, part).
 *
 * @example
 * imageCsv(image(64, 64, 3), { columns: { path: 'photo', label: 'species' } })
 */
export const imageCsv = withArity(2, (image: Shape, options: ImageCsvOptions = {}): ImageCsv => {
  const { common, rest } = splitCommon('images', options)
  const { background = null, columns = {}, test = 0.2, splitSeed = 0, ...unknown } = rest
  return Object.freeze({
    _tag: 'imageCsv' as const,
    ...common,
    image,
    background,
    columns: { path: null, label: null, part: null, ...optionsOf(columns) },
    test,
    splitSeed,
    ...unknownIn(unknown),
  })
})

/** Options of `tfrecord`. */
export interface TfRecordOptions extends DataOptions {
  readonly background?: Colour | null
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
    const { background = null, keys = {}, firstLabel = 1, ...unknown } = rest
    return Object.freeze({
      _tag: 'tfrecord' as const,
      ...common,
      image,
      background,
      classes: classNames(classes),
      keys: { image: 'image/encoded', label: 'image/class/label', ...optionsOf(keys) },
      firstLabel,
      ...unknownIn(unknown),
    })
  },
)

/** Options of `tfds`. */
export interface TfdsOptions extends DataOptions {
  readonly background?: Colour | null
  readonly keys?: { readonly image?: string; readonly label?: string }
}

/**
 * A data set as TensorFlow Datasets stores it: the folder of a version, such as `mnist/3.0.1`, with its shards,
 * `features.json` and the names of its classes. `keys` name the features, where there are several images or labels.
 *
 * @example
 * tfds(image(64, 64, 3), { augment: [flip] })
 */
export const tfds = withArity(2, (image: Shape, options: TfdsOptions = {}): Tfds => {
  const { common, rest } = splitCommon('tfds', options)
  const { background = null, keys = {}, ...unknown } = rest
  return Object.freeze({
    _tag: 'tfds' as const,
    ...common,
    image,
    background,
    keys: { image: null, label: null, ...optionsOf(keys) },
    ...unknownIn(unknown),
  })
})
