/** What every kind of data set is read into before it is split: all its images, as bytes. */
import type { Shape } from '../net/shape.js'
import type { Report } from './download.js'
import type { Images, Skipped } from './set.js'

export interface Source {
  readonly checksum: string
  readonly classes: readonly string[]
  readonly stored: Shape
  readonly train: Images
  readonly test: Images
  readonly skipped: readonly Skipped[]
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
}

/** Nothing to close. */
export const noClose = async (): Promise<void> => undefined
