/** Encoded images become images that can be read: decoded once and held, or streamed. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { type Shape, sizeOf } from '../../net/shape.js'
import { derivedFile, store, touch } from '../cache.js'
import { type Images, imagesInMemory, selectImages } from '../dataset.js'
import type { Report } from '../download.js'
import type { DataError } from '../error.js'
import { decoderVersion } from '../formats/images/decode.js'
import {
  type Decoded,
  decodeAll,
  type EncodedImages,
  selectEncoded,
  streamImages,
} from '../formats/images/encoded-images.js'
import { mapRoles, partsIn, type Roles } from '../formats/parts.js'
import { checksumOf } from '../formats/streams.js'
import { labelsOf, memoryOf, type OpenOptions, type Part, reportOf } from '../source.js'

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** Bytes of the cache that end in their own sum; none where they are missing or damaged. */
const recall = async (file: string, size: number): Promise<Uint8Array | null> => {
  const found = await readFile(file).catch(() => Buffer.alloc(0))
  const bytes = found.subarray(0, size)
  return found.length === size + 32 && digest(bytes).equals(found.subarray(size)) ? bytes : null
}

/** Keeps bytes for the next time; a cache that cannot be written to is done without. */
const remember = (file: string, bytes: Uint8Array): Promise<void> =>
  store(file, async part => {
    await writeFile(part, bytes)
    await writeFile(part, digest(bytes), { flag: 'a' })
  }).catch(() => undefined)

type Skip = (fact: DataError) => void

/** Decodes a whole part, or recalls what an earlier run decoded. */
const decodeOnce = async (
  shape: Shape,
  onProgress: Report,
  pictures: EncodedImages,
  sum: string,
  onSkip: Skip | undefined,
): Promise<Decoded> => {
  const file = derivedFile('decoded', `${checksumOf([`${decoderVersion}`, sum, shape.join('×')])}.bin`)
  const known = await recall(file, pictures.labels.length * sizeOf(shape))
  if (known !== null) {
    await touch(file)
    return { bytes: known, labels: pictures.labels }
  }
  const decoded = await decodeAll(shape, onProgress, onSkip)(pictures)
  if (decoded.labels.length === pictures.labels.length) await remember(file, decoded.bytes)
  return decoded
}

/** A part, and those of its images that are wanted where not all are. */
interface Wanted {
  readonly part: Part
  readonly indices: Int32Array | null
}

const countOf = ({ part, indices }: Wanted): number => (indices ?? labelsOf(part)).length

/**
 * Makes images of parts. Encoded ones are decoded at once and held where all parts fit in the memory there is;
 * a part of which every image is wanted is decoded once for all runs, and kept in the user's cache.
 */
export const holdImages =
  (options: OpenOptions, shape: Shape, skip: Skip) =>
  (parts: Roles<Wanted>): Promise<Roles<Images>> => {
    const count = partsIn(parts).reduce((sum, part) => sum + countOf(part), 0)
    const fits = count * sizeOf(shape) <= memoryOf(options)
    const onSkip = options.skipBad === true ? skip : undefined
    const onProgress = reportOf(options)
    const keep = async ({ part, indices }: Wanted): Promise<Images> => {
      if (part._tag === 'held') return indices === null ? part.images : selectImages(indices)(part.images)
      const pictures = indices === null ? part.pictures : selectEncoded(indices)(part.pictures)
      if (!fits) return streamImages(shape)(pictures)
      const { bytes, labels } =
        indices === null
          ? await decodeOnce(shape, onProgress, pictures, part.sum, onSkip)
          : await decodeAll(shape, onProgress, onSkip)(pictures)
      return imagesInMemory(bytes, labels)
    }
    return mapRoles(keep)(parts)
  }
