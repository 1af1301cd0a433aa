/** Images that must be decoded: all at once where they fit in memory, else whenever they are read. */
import { type Shape, sizeOf } from '../net/shape.js'
import type { Report } from './download.js'
import { factOf } from './error.js'
import type { Images, Skipped } from './set.js'

export interface Pictures {
  readonly labels: Int32Array
  /** Errors  rejects with a `Fault` */
  readonly decode: (index: number) => Promise<Uint8Array>
}

/** Those of `pictures` at `indices`, in their order. */
export const picked =
  (indices: Int32Array) =>
  ({ labels, decode }: Pictures): Pictures => ({
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
  (shape: Shape, onProgress: Report, onSkip?: (fact: Skipped) => void) =>
  async ({ labels, decode }: Pictures): Promise<Decoded> => {
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

/** The next image of the same class, coming round at the end. */
const successor = (labels: Int32Array, index: number): number => {
  const next = labels.indexOf(labels[index] ?? 0, index + 1)
  return next < 0 ? labels.indexOf(labels[index] ?? 0) : next
}

/**
 * Decodes images whenever they are read. Where there is an `onSkip`, one that cannot be decoded is told the first
 * time, and the next of its class stands in for it.
 */
export const streamed =
  (shape: Shape, onSkip?: (fact: Skipped) => void) =>
  ({ labels, decode }: Pictures): Images => {
    const each = sizeOf(shape)
    const told = new Set<number>()
    const decodeOr = async (index: number, first: number): Promise<Uint8Array> => {
      try {
        return await decode(index)
      } catch (reason) {
        const next = successor(labels, index)
        if (onSkip === undefined || next === first) throw reason
        if (!told.has(index)) onSkip(factOf('')(reason))
        told.add(index)
        return decodeOr(next, first)
      }
    }
    return {
      size: labels.length,
      labels,
      read: async (indices, into) => {
        await Promise.all(
          Array.from(indices, async (index, nth) => into.set(await decodeOr(index, index), nth * each)),
        )
      },
    }
  }
