/** Images as cameras and tools write them, to bytes of one size: upright, sRGB or grey. */
import type { Sharp } from 'sharp'
import { type Shape, sizeOf } from '../../../net/shape.js'
import { Fault, factOf, type Place } from '../../error.js'
import { readTurn } from '../streams.js'
import { foreign } from './signature.js'

/** An image larger than this is refused before it is unpacked. */
const mostPixels = 1 << 26

/** Changes whenever the same file would be decoded to other bytes, so that none decoded before are recalled. */
export const decoderVersion = 2

type Open = (input: Buffer) => Sharp

let opener: Promise<Open> | undefined

/** Loads the decoder when the first image wants it, set to one thread an image: many are decoded at once. */
const decoder = (): Promise<Open> => {
  opener ??= import('sharp').then(({ default: sharp }) => {
    sharp.concurrency(1)
    sharp.cache(false)
    return input => sharp(input, { failOn: 'truncated', limitInputPixels: mostPixels, autoOrient: true })
  })
  return opener
}

/** On one line, what is said again and again said once. */
const messageOf = (reason: unknown): string => {
  const lines = (reason instanceof Error ? reason.message : String(reason)).split('\n')
  return [...new Set(lines.map(line => line.trim()))].join(' ').trim()
}

/** Weights of red, green and blue in the grey of ITU-R BT.601, in 65536ths, as Pillow has them. */
const [red, green, blue] = [19595, 38470, 7471]

/** Grey of stored values. Law  equal red, green and blue give that value */
const greyOf = (rgb: Uint8Array): Uint8Array =>
  Uint8Array.from(
    { length: rgb.length / 3 },
    (_, at) =>
      (red * (rgb[3 * at] ?? 0) + green * (rgb[3 * at + 1] ?? 0) + blue * (rgb[3 * at + 2] ?? 0) + 0x8000) >>
      16,
  )

/**
 * Decodes the first frame of an image, turns it upright by its EXIF orientation, scales it until it covers `shape` and
 * cuts out the middle.
 *
 * Shapes  → [height, width, channels], 3 channels sRGB, 1 channel their grey after BT.601; transparency is dropped
 * Errors  rejects with NotAnImage; with ReadFailed where its file cannot be read
 */
export const decodeImage =
  ([height = 0, width = 0, channels = 0]: Shape) =>
  async (input: Buffer | string, place: Place): Promise<Uint8Array> => {
    const encoded =
      typeof input === 'string'
        ? await readTurn(input).catch(reason => {
            throw new Fault(factOf(input)(reason))
          })
        : input
    const open = await decoder()
    try {
      const strange = foreign(encoded)
      if (strange !== null) throw new Error(strange)
      const rgb = await open(encoded)
        .resize(width, height, { fit: 'cover' })
        .removeAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer()
      if (rgb.length !== sizeOf([height, width, 3])) throw new Error(`${rgb.length} bytes came out`)
      return channels === 1 ? greyOf(rgb) : rgb
    } catch (reason) {
      throw new Fault({ _tag: 'NotAnImage', ...place, reason: messageOf(reason) })
    }
  }
