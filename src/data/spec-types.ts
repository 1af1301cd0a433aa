/** Data set specifications as plain data. */
import type { Shape } from '../net/shape.js'
import type { Augmentation } from './pipeline/augment.js'

/** Mean and deviation of each channel, of pixels from 0 to 1. */
export interface Normaliser {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

/** What every data set has. */
export interface CommonOptions {
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
export interface Glyphs extends CommonOptions {
  readonly _tag: 'glyphs'
  /** The seed of the drawings, independent of the run's seed. */
  readonly drawn: number
  /** Number of images for training and validation. */
  readonly train: number
  /** Number of test images. */
  readonly test: number
}

/** Four IDX files. */
export interface Mnist extends CommonOptions {
  readonly _tag: 'mnist'
  /** Whether images are stored column by column; `null`: where the files are named as EMNIST's. */
  readonly transposed: boolean | null
}

/** CIFAR-10's binary batches. */
export interface Cifar10 extends CommonOptions {
  readonly _tag: 'cifar10'
}

/** CIFAR-100's binary files. */
export interface Cifar100 extends CommonOptions {
  readonly _tag: 'cifar100'
  /** The 100 classes, or the 20 they are grouped into. */
  readonly labels: 'fine' | 'coarse'
}

/** Folders of images, one a class. */
export interface ImageFolder extends CommonOptions {
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
export interface ImageCsv extends CommonOptions {
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
export interface TfRecord extends CommonOptions {
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
  /** Where there is no test part, the images split off for testing: a share below 1, or a number. */
  readonly test: number
  /** The seed of that split, independent of the run's seed. */
  readonly splitSeed: number
}

/** A data set prepared by TensorFlow Datasets. */
export interface Tfds extends CommonOptions {
  readonly _tag: 'tfds'
  /** The shape to which images are scaled and cropped when they are decoded. */
  readonly image: Shape
  readonly background: Colour | null
  /** The features of the image and of the label; `null` where there is only one. */
  readonly keys: { readonly image: string | null; readonly label: string | null }
  /** Where there is no test part, the images split off for testing: a share below 1, or a number. */
  readonly test: number
  /** The seed of that split, independent of the run's seed. */
  readonly splitSeed: number
}

/** A data set specification. */
export type DataSpec = Glyphs | Mnist | Cifar10 | Cifar100 | ImageFolder | ImageCsv | TfRecord | Tfds
