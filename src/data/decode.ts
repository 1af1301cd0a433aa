/** JPEG, PNG and WebP to bytes of one size. */
import type { Sharp } from 'sharp'
import { type Shape, sizeOf } from '../net/shape.js'
import { Fault, type Place } from './error.js'

/** An image larger than this is refused before it is unpacked. */
const mostPixels = 1 << 26

type Open = (input: Buffer | string) => Sharp

let opener: Promise<Open> | undefined

/** Loads the decoder when the first image wants it, set to one thread an image: many are decoded at once. */
const decoder = (): Promise<Open> => {
  opener ??= import('sharp').then(({ default: sharp }) => {
    sharp.concurrency(1)
    sharp.cache(false)
    return input => sharp(input, { failOn: 'truncated', limitInputPixels: mostPixels })
  })
  return opener
}

const messageOf = (reason: unknown): string =>
  (reason instanceof Error ? reason.message : String(reason)).replace(/\s+/g, ' ')

/**
 * Decodes an image, scales it until it covers `shape` and cuts out the middle.
 *
 * Shapes  → [height, width, channels], 1 channel grey, 3 sRGB; transparency is dropped
 * Errors  rejects with NotAnImage
 */
export const decodeImage =
  ([height = 0, width = 0, channels = 0]: Shape) =>
  async (input: Buffer | string, place: Place): Promise<Uint8Array> => {
    const open = await decoder()
    try {
      const bytes = await open(input)
        .resize(width, height, { fit: 'cover' })
        .removeAlpha()
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer()
      if (bytes.length !== sizeOf([height, width, channels]))
        throw new Error(`${bytes.length} bytes came out`)
      return bytes
    } catch (reason) {
      throw new Fault({ _tag: 'NotAnImage', ...place, reason: messageOf(reason) })
    }
  }
