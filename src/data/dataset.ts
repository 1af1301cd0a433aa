/** A data set that is open: three sets of images as bytes, and what a net must know of them. */
import type { Shape } from '../net/shape.js'
import type { DataError } from './error.js'
import type { Notice } from './notices.js'
import type { Augmentation } from './pipeline/augment.js'

/** Images in no particular order, each found by its index. */
export interface Images {
  readonly size: number
  /** The class of each image. */
  readonly labels: Int32Array
  /**
   * Writes the images of `indices`, one after another, as bytes [height, width, channels].
   *
   * Errors  rejects with a `Fault` that carries the fact
   */
  readonly read: (indices: Int32Array, into: Uint8Array) => Promise<void>
}

/** An image left out because it could not be read. */
export type Skipped = DataError

/** Images for training, choosing and testing, and what they have in common. */
export interface Dataset {
  readonly name: string
  /** Of all content read, whatever was taken of it: the first 16 hexadecimal digits of a SHA-256. */
  readonly checksum: string
  readonly classes: readonly string[]
  /** What a net takes in. */
  readonly image: Shape
  /** What `read` writes; larger than `image` only where an augmentation cuts it down. */
  readonly stored: Shape
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
  readonly train: Images
  readonly validation: Images
  readonly test: Images
  readonly augment: readonly Augmentation[]
  /** Images that could not be read; more are added where images are streamed. */
  readonly skipped: readonly Skipped[]
  /** What else was left out, and what was decided in reading it. */
  readonly notices: readonly Notice[]
  /** Ends the threads and files it reads with. */
  readonly close: () => Promise<void>
}

/** Images held in memory, one after another. */
export const imagesInMemory = (bytes: Uint8Array, labels: Int32Array): Images => {
  const each = labels.length === 0 ? 0 : bytes.length / labels.length
  return {
    size: labels.length,
    labels,
    read: async (indices, into) => {
      indices.forEach((index, nth) => {
        into.set(bytes.subarray(index * each, (index + 1) * each), nth * each)
      })
    },
  }
}

/** Those of `images` at `indices`, in their order. */
export const selectImages =
  (indices: Int32Array) =>
  (images: Images): Images => ({
    size: indices.length,
    labels: indices.map(index => images.labels[index] ?? 0),
    read: (wanted, into) =>
      images.read(
        wanted.map(index => indices[index] ?? 0),
        into,
      ),
  })
