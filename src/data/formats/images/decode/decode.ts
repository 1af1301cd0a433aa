/** Decodes images to bytes of one shape: upright, sRGB or grey. */

import type { Sharp } from 'sharp'
import { messageOf } from '../../../../io/exception.js'
import { type Shape, sizeOf } from '../../../../net/shape.js'
import { type DataError, Fault, factOf, type Location } from '../../../error.js'
import type { Colour } from '../../../spec.js'
import { readQueued } from '../../streams.js'
import { isCutOff } from './cut-off.js'
import { oneAtATime } from './one-at-a-time.js'
import { beginningOf, formatOf, readableFormats } from './signature.js'

/** An image larger than this is refused before it is unpacked; phones make 200 million pixels. */
const maxPixels = 1 << 28

/** Larger images are decoded one at a time: some formats unpack to a gigabyte. */
const usualPixels = 1 << 26

/** Must change whenever a file would decode to other bytes, so that cached ones are not used. */
export const decoderVersion = 2

/** Bytes of an image that is decoded already, row by row, the channels of a pixel side by side. */
export interface Pixels {
  readonly height: number
  readonly width: number
  /** Grey; red, green and blue; or those and opacity. */
  readonly channels: 1 | 3 | 4
  readonly data: Uint8Array
}

/** The content of an image file, or pixels. */
export type ImageInput = Uint8Array | Pixels

/** What an image file says of itself before it is decoded. */
export interface ImageHeader {
  /** Upright. */
  readonly height: number
  readonly width: number
  /** Whether its EXIF orientation is another than upright. */
  readonly isRotated: boolean
  readonly isGrey: boolean
  readonly isTransparent: boolean
}

/** Opens an image of at most a number of pixels. */
type Open = (input: ImageInput, limitInputPixels: number) => Sharp

let sharedDecoder: Promise<Open> | undefined

/** Loads the decoder with the first image. Each image gets one thread, since many are decoded at once. */
const loadDecoder = (): Promise<Open> => {
  sharedDecoder ??= import('sharp').then(({ default: sharp }) => {
    sharp.concurrency(1)
    sharp.cache(false)
    return (input, limitInputPixels) => {
      const options = { failOn: 'truncated', limitInputPixels, autoOrient: true } as const
      if (input instanceof Uint8Array) return sharp(input, options)
      const { height, width, channels } = input
      return sharp(input.data, { ...options, raw: { height, width, channels } })
    }
  })
  return sharedDecoder
}

/** The message on one line, without repeated lines. */
const lineOf = (reason: unknown): string => {
  const lines = messageOf(reason).split('\n')
  return [...new Set(lines.map(line => line.trim()))].join(' ').trim()
}

/** The content of a file, where `input` is its path. */
const contentOf = (input: ImageInput | string): ImageInput | Promise<Uint8Array> =>
  typeof input === 'string'
    ? readQueued(input).catch(reason => {
        throw new Fault(factOf(input)(reason))
      })
    : input

/** Why an input is no image that can be decoded. */
type Problem = Omit<Extract<DataError, { readonly _tag: 'NotAnImage' }>, '_tag' | keyof Location>

/** Whether the decoder refused an image of more pixels than its limit, which it does by the header. */
const isTooLarge = (error: unknown): boolean => /pixel limit/i.test(messageOf(error))

const decodingProblem = (input: ImageInput, error: unknown): Problem => {
  const reason = lineOf(error)
  if (isTooLarge(error)) return { reason, maxPixels }
  return { reason, ...(input instanceof Uint8Array && isCutOff(input, reason) && { cutOffAt: input.length }) }
}

/** Weights of red, green and blue in the grey of ITU-R BT.601, in 65536ths, as in Pillow. */
const [red, green, blue] = [19595, 38470, 7471]

/** Grey of stored values. Law  equal red, green and blue give that value */
const greyOf = (rgb: Uint8Array): Uint8Array =>
  Uint8Array.from(
    { length: rgb.length / 3 },
    (_, at) =>
      (red * (rgb[3 * at] ?? 0) + green * (rgb[3 * at + 1] ?? 0) + blue * (rgb[3 * at + 2] ?? 0) + 0x8000) >>
      16,
  )

const rgbOf = ([r, g, b]: Colour) => ({ r, g, b })

/** What is wrong with the first bytes of a file; null where they are of a format that is read. */
const contentProblem = (bytes: Uint8Array): Problem | null => {
  const format = formatOf(bytes)
  if (format !== null && readableFormats.includes(format)) return null
  const reason = `${beginningOf(bytes)}; ${readableFormats.join(', ')} can be read`
  return format === null ? { reason } : { reason, format }
}

/** What is wrong with an input before it is decoded; null where it may be an image. */
const inputProblem = (input: ImageInput): Problem | null => {
  if (input instanceof Uint8Array) return contentProblem(input)
  const { height, width, channels, data } = input
  const bytes = height * width * channels
  if (data.length === bytes) return null
  return { reason: `expected ${height}×${width}×${channels} = ${bytes} bytes of pixels, got ${data.length}` }
}

/** Reads by the decoder: an image of usual size at once, a larger one when those before it are done. */
const readOpened = <A>(open: Open, encoded: ImageInput, read: (picture: Sharp) => Promise<A>): Promise<A> =>
  read(open(encoded, usualPixels)).catch((error: unknown) => {
    if (!isTooLarge(error)) throw error
    return oneAtATime(() => read(open(encoded, maxPixels)))
  })

/** Reads an input by the decoder. Errors  as `decodeImage` */
const readWith = async <A>(
  input: ImageInput | string,
  location: Location,
  read: (picture: Sharp) => Promise<A>,
): Promise<A> => {
  const encoded = await contentOf(input)
  const open = await loadDecoder()
  const fault = (problem: Problem): Fault => new Fault({ _tag: 'NotAnImage', ...location, ...problem })
  const problem = inputProblem(encoded)
  if (problem !== null) throw fault(problem)
  try {
    return await readOpened(open, encoded, read)
  } catch (error) {
    throw fault(decodingProblem(encoded, error))
  }
}

/**
 * Decodes the first frame of an image, rotates it by its EXIF orientation, scales it to cover `shape` and crops the
 * centre.
 *
 * Shapes  → [height, width, channels], 3 channels sRGB, 1 channel their grey after BT.601; transparent pixels show
 *         `background`, or else their transparency is dropped
 * Errors  rejects with NotAnImage; with ReadFailed where its file cannot be read
 */
export const decodeImage =
  ([height = 0, width = 0, channels = 0]: Shape, background: Colour | null = null) =>
  (input: ImageInput | string, location: Location): Promise<Uint8Array> =>
    readWith(input, location, async picture => {
      const opaque = background === null ? picture : picture.flatten({ background: rgbOf(background) })
      const rgb = await opaque
        .resize(width, height, { fit: 'cover' })
        .removeAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer()
      if (rgb.length !== sizeOf([height, width, 3])) throw new Error(`${rgb.length} bytes came out`)
      return channels === 1 ? greyOf(rgb) : rgb
    })

/** Errors  as `decodeImage` */
export const readHeader = (input: ImageInput | string, location: Location): Promise<ImageHeader> =>
  readWith(input, location, async picture => {
    const { autoOrient, orientation = 1, space, hasAlpha } = await picture.metadata()
    return {
      height: autoOrient.height,
      width: autoOrient.width,
      isRotated: orientation !== 1,
      isGrey: space === 'b-w' || space === 'grey16',
      isTransparent: hasAlpha,
    }
  })
