/** The functions that make data set specifications. */
import { mostClasses } from '../net/limits/limits.js'
import type { Shape } from '../net/shape.js'
import { optionsOf, unknownIn, withArity } from '../net/words/options.js'
import type {
  Cifar10,
  Cifar100,
  Colour,
  CommonOptions,
  Glyphs,
  ImageCsv,
  ImageFolder,
  Mnist,
  Tfds,
  TfRecord,
} from './spec-types.js'

export type {
  Cifar10,
  Cifar100,
  Colour,
  CommonOptions,
  DataSpec,
  Glyphs,
  ImageCsv,
  ImageFolder,
  Mnist,
  Normaliser,
  Tfds,
  TfRecord,
} from './spec-types.js'

/** Options of every data set. */
export type DataOptions = Partial<CommonOptions>

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
 * then '1', '2' and so on, or the characters that EMNIST's `…-mapping.txt` beside the images gives.
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
 * Folders of JPEG, PNG, WebP, GIF, TIFF or AVIF images, one per class, in `train` and `test`: on disk, or in
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
export interface TfRecordOptions extends DataOptions, Partial<Pick<TfRecord, 'test' | 'splitSeed'>> {
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
 * stored, compressed with gzip or zlib or not: encoded images with labels that begin at `firstLabel`, by default 1, or
 * one-hot. `validation*` is the validation set, and the test set where there is no other; with training shards alone,
 * `test` is the share for testing, the same of each class. `classes` are the names, or the number of classes.
 *
 * @example
 * tfrecord(image(256, 256, 3), 1000, { augment: [randomResizedCrop(224), flip] })
 */
export const tfrecord = withArity(
  3,
  (image: Shape, classes: number | readonly string[], options: TfRecordOptions = {}): TfRecord => {
    const { common, rest } = splitCommon('records', options)
    const { background = null, keys = {}, firstLabel = 1, test = 0.2, splitSeed = 0, ...unknown } = rest
    return Object.freeze({
      _tag: 'tfrecord' as const,
      ...common,
      image,
      background,
      classes: classNames(classes),
      keys: { image: 'image/encoded', label: 'image/class/label', ...optionsOf(keys) },
      firstLabel,
      test,
      splitSeed,
      ...unknownIn(unknown),
    })
  },
)

/** Options of `tfds`. */
export interface TfdsOptions extends DataOptions, Partial<Pick<Tfds, 'test' | 'splitSeed'>> {
  readonly background?: Colour | null
  readonly keys?: { readonly image?: string; readonly label?: string }
}

/**
 * A data set as TensorFlow Datasets stores it: the folder of a version, such as `mnist/3.0.1`, with its shards,
 * `features.json` and the names of its classes. `keys` name the features, where there are several images or labels.
 * A set with a train split alone gives the share `test` of it for testing, the same of each class.
 *
 * @example
 * tfds(image(64, 64, 3), { augment: [flip] })
 */
export const tfds = withArity(2, (image: Shape, options: TfdsOptions = {}): Tfds => {
  const { common, rest } = splitCommon('tfds', options)
  const { background = null, keys = {}, test = 0.2, splitSeed = 0, ...unknown } = rest
  return Object.freeze({
    _tag: 'tfds' as const,
    ...common,
    image,
    background,
    keys: { image: null, label: null, ...optionsOf(keys) },
    test,
    splitSeed,
    ...unknownIn(unknown),
  })
})
