/** Images that must be decoded: all at once where they fit in memory, else whenever they are read. */
import { type Shape, sizeOf } from '../../../net/shape.js'
import type { Images } from '../../dataset.js'
import type { Report } from '../../download.js'
import { type DataError, factOf } from '../../error.js'

export interface EncodedImages {
  readonly labels: Int32Array
  /** Errors  rejects with a `Fault` */
  readonly decode: (index: number) => Promise<Uint8Array>
}

/** Those of `pictures` at `indices`, in their order. */
export const selectEncoded =
  (indices: Int32Array) =>
  ({ labels, decode }: EncodedImages): EncodedImages => ({
    labels: indices.map(index => labels[index] ?? 0),
    decode: nth => decode(indices[nth] ?? 0),
  })

/** Decoded at once: enough to keep every thread busy. */
const portion = 256

/** Decoded images, one after another, and their classes. */
export interface Decoded {
  readonly bytes: Uint8Array
  readonly labels: Int32Array
}

/**
 * Decodes every image once. One that cannot be decoded is left out and told where there is an `onSkip`.
 *
 * Errors  rejects with the image's `Fault` otherwise
 */
export const decodeAll =
  (shape: Shape, onProgress: Report, onSkip?: (fact: DataError) => void) =>
  async ({ labels, decode }: EncodedImages): Promise<Decoded> => {
    const each = sizeOf(shape)
    const bytes = new Uint8Array(labels.length * each)
    const kept: number[] = []
    for (let from = 0; from < labels.length; from += portion) {
      const some = Array.from({ length: Math.min(portion, labels.length - from) }, (_, nth) => from + nth)
      const results = await Promise.allSettled(some.map(decode))
      results.forEach((result, nth) => {
        if (result.status === 'fulfilled') {
          bytes.set(result.value, kept.length * each)
          kept.push(labels[from + nth] ?? 0)
        } else if (onSkip !== undefined) onSkip(factOf('')(result.reason))
        else throw result.reason
      })
      onProgress({ what: 'decoding', done: from + some.length, total: labels.length })
    }
    return { bytes: bytes.subarray(0, kept.length * each), labels: Int32Array.from(kept) }
  }

/** Decodes images whenever they are read. */
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

/**
 * The same images; the next of its class, coming round at the end, stands in for one that cannot be read, or the first
 * of its class in `others` where there is none. Each that cannot be read is told once.
 *
 * Law  what is read depends on the index alone, not on what was read before
 */
export const forgiving =
  (shape: Shape, onSkip: (fact: DataError) => void) =>
  (images: Images, others?: Images): Images => {
    const { size, labels } = images
    const bad = new Set<number>()
    /** The first image of the class, from `index` on, that is not known to be bad. */
    const standIn = (index: number): number | undefined => {
      for (let step = 0; step < size; step++) {
        const other = (index + step) % size
        if (labels[other] === labels[index] && !bad.has(other)) return other
      }
      return undefined
    }
    const readOther = async (index: number, into: Uint8Array, reason: unknown): Promise<void> => {
      const other = others?.labels.indexOf(labels[index] ?? 0) ?? -1
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
    return {
      size,
      labels,
      read: async (indices, into) => {
        const each = sizeOf(shape)
        await Promise.all(
          Array.from(indices, (index, nth) => readOne(index, into.subarray(nth * each, (nth + 1) * each))),
        )
      },
    }
  }
