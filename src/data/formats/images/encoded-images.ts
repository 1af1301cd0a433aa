/** Encoded images: decoded into memory at once, or decoded whenever they are read. */
import { elementAt } from '../../../io/element.js'
import { type Shape, sizeOf } from '../../../net/shape.js'
import type { Images } from '../../dataset.js'
import type { Report } from '../../download.js'
import { type DataError, factOf } from '../../error.js'

export interface EncodedImages {
  readonly labels: Int32Array
  /** Errors  rejects with a `Fault` */
  readonly decode: (index: number) => Promise<Uint8Array>
}

/** The images at `indices`, in that order. */
export const selectEncoded =
  (indices: Int32Array) =>
  ({ labels, decode }: EncodedImages): EncodedImages => ({
    labels: indices.map(index => elementAt(labels, index)),
    decode: nth => decode(elementAt(indices, nth)),
  })

/** Images decoded at once: enough to keep every thread busy. */
const chunk = 256

/** Decoded images, one after another, and their classes. */
export interface Decoded {
  readonly bytes: Uint8Array
  readonly labels: Int32Array
}

/**
 * Decodes every image once. With `onSkip`, one that cannot be decoded is reported and left out.
 *
 * Errors  rejects with the image's `Fault` otherwise
 */
export const decodeAll =
  (shape: Shape, onProgress: Report, onSkip?: (fact: DataError) => void) =>
  async ({ labels, decode }: EncodedImages): Promise<Decoded> => {
    const bytesPerImage = sizeOf(shape)
    const bytes = new Uint8Array(labels.length * bytesPerImage)
    const decodedLabels: number[] = []
    for (let from = 0; from < labels.length; from += chunk) {
      const batch = Array.from({ length: Math.min(chunk, labels.length - from) }, (_, nth) => from + nth)
      const results = await Promise.allSettled(batch.map(decode))
      results.forEach((result, nth) => {
        if (result.status === 'fulfilled') {
          bytes.set(result.value, decodedLabels.length * bytesPerImage)
          decodedLabels.push(elementAt(labels, from + nth))
        } else if (onSkip !== undefined) onSkip(factOf('')(result.reason))
        else throw result.reason
      })
      onProgress({ what: 'decoding', done: from + batch.length, total: labels.length })
    }
    return {
      bytes: bytes.subarray(0, decodedLabels.length * bytesPerImage),
      labels: Int32Array.from(decodedLabels),
    }
  }

/** Images that are decoded whenever they are read. */
export const streamImages =
  (shape: Shape) =>
  ({ labels, decode }: EncodedImages): Images => ({
    size: labels.length,
    labels,
    read: async (indices, into) => {
      await Promise.all(
        Array.from(indices, async (index, nth) => into.set(await decode(index), nth * sizeOf(shape))),
      )
    },
  })

/** The next image of the class that is not bad, cyclically from `index`. */
const findStandIn = (
  { size, labels }: Images,
  bad: ReadonlySet<number>,
  index: number,
): number | undefined => {
  for (let step = 0; step < size; step++) {
    const other = (index + step) % size
    if (labels[other] === labels[index] && !bad.has(other)) return other
  }
  return undefined
}

/** Reads images one by one, each into so many bytes of its own. */
const readEach =
  (bytes: number, readOne: (index: number, into: Uint8Array) => Promise<void>): Images['read'] =>
  async (indices, into) => {
    await Promise.all(
      Array.from(indices, (index, nth) => readOne(index, into.subarray(nth * bytes, (nth + 1) * bytes))),
    )
  }

/**
 * Replaces an image that cannot be read by the next of its class, cyclically, or by the first of its class in `others`
 * where there is none. Each unreadable image is reported once.
 *
 * Law  the result depends on the index alone, not on earlier reads
 */
export const replaceUnreadable =
  (shape: Shape, onSkip: (fact: DataError) => void) =>
  (images: Images, others?: Images): Images => {
    const { size, labels } = images
    const bad = new Set<number>()
    const standIn = (index: number): number | undefined => findStandIn(images, bad, index)
    const readOther = async (index: number, into: Uint8Array, reason: unknown): Promise<void> => {
      const other = others?.labels.indexOf(elementAt(labels, index)) ?? -1
      if (others === undefined || other < 0) throw reason
      await others.read(Int32Array.of(other), into)
    }
    const readOne = async (index: number, into: Uint8Array): Promise<void> => {
      const other = standIn(index) ?? index
      try {
        await images.read(Int32Array.of(other), into)
      } catch (reason) {
        if (!bad.has(other)) onSkip(factOf('')(reason))
        bad.add(other)
        await (standIn(index) === undefined ? readOther(index, into, reason) : readOne(index, into))
      }
    }
    return { size, labels, read: readEach(sizeOf(shape), readOne) }
  }
