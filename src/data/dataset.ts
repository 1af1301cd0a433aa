/** An open data set: training, validation and test images as bytes, and their classes, shape and statistics. */
import { elementAt } from '../io/element.js'
import type { Shape } from '../net/shape.js'
import type { DataError } from './error.js'
import type { Notice } from './notices.js'
import type { Augmentation } from './pipeline/augment.js'
import type { Colour } from './spec.js'

/** Images by index, in no particular order. */
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

/** An image that was skipped because it could not be read. */
export type Skipped = DataError

/** Images for training, validation and testing, and what they have in common. */
export interface Dataset {
  readonly name: string
  /** The first 16 hexadecimal digits of a SHA-256 of all content read, whatever `take` is. */
  readonly checksum: string
  readonly classes: readonly string[]
  /** The shape of a net's input. */
  readonly image: Shape
  /** The shape that `read` writes; larger than `image` only where an augmentation crops. */
  readonly stored: Shape
  /** The colour that transparent images were decoded onto, if any. */
  readonly background?: Colour
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
  readonly train: Images
  readonly validation: Images
  readonly test: Images
  readonly augment: readonly Augmentation[]
  /** Images that could not be read; streaming may add more. */
  readonly skipped: readonly Skipped[]
  /** What else was left out, and how ambiguous layouts were read. */
  readonly notices: readonly Notice[]
  /** Closes its files. */
  readonly close: () => Promise<void>
}

/** Images in memory, one after another. */
export const imagesInMemory = (bytes: Uint8Array, labels: Int32Array): Images => {
  const bytesPerImage = labels.length === 0 ? 0 : bytes.length / labels.length
  return {
    size: labels.length,
    labels,
    read: async (indices, into) => {
      indices.forEach((index, nth) => {
        into.set(bytes.subarray(index * bytesPerImage, (index + 1) * bytesPerImage), nth * bytesPerImage)
      })
    },
  }
}

/** The images at `indices`, in that order. */
export const selectImages =
  (indices: Int32Array) =>
  (images: Images): Images => ({
    size: indices.length,
    labels: indices.map(index => elementAt(images.labels, index)),
    read: (selected, into) =>
      images.read(
        selected.map(index => elementAt(indices, index)),
        into,
      ),
  })
