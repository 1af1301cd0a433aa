/** What every kind of data set is read into before it is taken from, held and split. */
import type { Shape } from '../net/shape.js'
import type { Images, Skipped } from './dataset.js'
import type { Report } from './download.js'
import type { EncodedImages } from './formats/images/encoded-images.js'
import type { Notice } from './notices.js'

/** Images as bytes, or still encoded. `sum` names their content, as far as it was read. */
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

/** How data is opened, whatever it is. */
export interface OpenOptions {
  /** Where the files are; by default the cache, filled from the network where it is empty. */
  readonly folder?: string
  /** Training images used, the same share of each class; by default all. */
  readonly take?: number
  readonly seed: number
  /** Leaves images out that cannot be read, and lists them, instead of refusing the whole set. */
  readonly skipBad?: boolean
  readonly onProgress?: Report
  /** Bytes of images kept in memory, encoded and again decoded; what is larger is streamed. By default 256 MiB. */
  readonly memory?: number
}

export const memoryOf = ({ memory = 2 ** 28 }: OpenOptions): number => memory

export const reportOf = ({ onProgress = () => undefined }: OpenOptions): Report => onProgress

/** Nothing to close. */
export const noClose = async (): Promise<void> => undefined

export const labelsOf = (part: Part): Int32Array =>
  part._tag === 'held' ? part.images.labels : part.pictures.labels
