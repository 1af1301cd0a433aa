/** A data set as its reader returns it, before `take`, decoding and splitting. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Shape } from '../net/shape.js'
import { type Images, imagesInMemory, type Skipped } from './dataset.js'
import type { Report } from './download.js'
import { type DataError, factOf } from './error.js'
import type { EncodedImages } from './formats/images/encoded-images.js'
import type { Notice } from './notices.js'

/** Images as bytes, or encoded ones with a checksum of their content. */
export type Part =
  | { readonly _tag: 'held'; readonly images: Images }
  | { readonly _tag: 'encoded'; readonly pictures: EncodedImages; readonly sum: string }

export interface Source {
  readonly checksum: string
  readonly classes: readonly string[]
  readonly stored: Shape
  readonly train: Part
  readonly test: Part
  /** Null where validation images are split off training. */
  readonly validation: Part | null
  readonly skipped: readonly Skipped[]
  readonly notices: readonly Notice[]
  readonly close: () => Promise<void>
}

/** Options of opening any data set. */
export interface OpenOptions {
  /** The folder of the files; by default the cache, into which missing files are downloaded. */
  readonly folder?: string
  /** How many training images to use, the same share of each class; by default all. */
  readonly take?: number
  readonly seed: number
  /** Skips and lists images that cannot be read, instead of failing. */
  readonly skipBad?: boolean
  readonly onProgress?: Report
  /** Bytes for encoded and for decoded images in memory; larger data is streamed. By default 256 MiB. */
  readonly memory?: number
}

export const memoryOf = ({ memory = 2 ** 28 }: OpenOptions): number => memory

export const reportOf = ({ onProgress = () => undefined }: OpenOptions): Report => onProgress

/** A close without effect. */
export const noClose = async (): Promise<void> => undefined

/** Images as bytes, one after another, and their labels. */
export interface LabelledBytes {
  readonly bytes: Uint8Array
  readonly labels: Int32Array
}

const heldPart = ({ bytes, labels }: LabelledBytes): Part => ({
  _tag: 'held',
  images: imagesInMemory(bytes, labels),
})

/** A source of training and test images in memory. */
export const sourceInMemory = ({
  train,
  test,
  ...rest
}: Pick<Source, 'checksum' | 'classes' | 'stored' | 'notices'> & {
  readonly train: LabelledBytes
  readonly test: LabelledBytes
}): Source => ({
  ...rest,
  train: heldPart(train),
  test: heldPart(test),
  validation: null,
  skipped: [],
  close: noClose,
})

export const labelsOf = (part: Part): Int32Array =>
  part._tag === 'held' ? part.images.labels : part.pictures.labels

/** The error of a data set that needs a folder, where none is named; `what` lies there. */
export const folderMissing = (data: string, what: string): DataError => ({
  _tag: 'BadOption',
  data,
  option: 'folder',
  got: 'none',
  expected: `the folder of the ${what}`,
})

/** Reads a data set from the folder named; `what` lies there. Errors  BadOption where none is named */
export const openInFolder = (
  { folder }: OpenOptions,
  data: string,
  what: string,
  load: (folder: string) => Promise<Source>,
): TE.TaskEither<DataError, Source> =>
  folder === undefined ? TE.left(folderMissing(data, what)) : TE.tryCatch(() => load(folder), factOf(folder))
