/** Decodes images once into memory, or streams them where they do not fit. */

import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { sumBy } from '../../io/count.js'
import { type Shape, sizeOf } from '../../net/shape.js'
import { derivedFile, store, touch } from '../cache.js'
import { type Images, imagesInMemory, selectImages } from '../dataset.js'
import type { Report } from '../download.js'
import type { DataError } from '../error.js'
import { decoderVersion } from '../formats/images/decode/decode.js'
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

/** A cached file that ends in its checksum; null where it is missing or damaged. */
const readVerified = async (file: string, size: number): Promise<Uint8Array | null> => {
  const content = await readFile(file).catch(() => Buffer.alloc(0))
  const bytes = content.subarray(0, size)
  return content.length === size + 32 && digest(bytes).equals(content.subarray(size)) ? bytes : null
}

/** Caches bytes with their checksum; does nothing where the cache cannot be written. */
const writeCached = (file: string, bytes: Uint8Array): Promise<void> =>
  store(file, async part => {
    await writeFile(part, bytes)
    await writeFile(part, digest(bytes), { flag: 'a' })
  }).catch(() => undefined)

type Skip = (fact: DataError) => void

/** Decodes a whole part, or reads what an earlier run decoded. */
const decodeOnce = async (
  shape: Shape,
  onProgress: Report,
  encoded: EncodedImages,
  sum: string,
  onSkip: Skip | undefined,
): Promise<Decoded> => {
  const file = derivedFile('decoded', `${checksumOf([`${decoderVersion}`, sum, shape.join('×')])}.bin`)
  const cached = await readVerified(file, encoded.labels.length * sizeOf(shape))
  if (cached !== null) {
    await touch(file)
    return { bytes: cached, labels: encoded.labels }
  }
  const decoded = await decodeAll(shape, onProgress, onSkip)(encoded)
  if (decoded.labels.length === encoded.labels.length) await writeCached(file, decoded.bytes)
  return decoded
}

/** A part, and the indices of the selected images; null for all. */
interface Selection {
  readonly part: Part
  readonly indices: Int32Array | null
}

const countOf = ({ part, indices }: Selection): number => (indices ?? labelsOf(part)).length

/**
 * The selected images of each part. Encoded images are decoded into memory where all parts fit, else streamed. A part
 * that is used whole is decoded once for all runs and cached.
 */
export const holdImages =
  (options: OpenOptions, shape: Shape, skip: Skip) =>
  (parts: Roles<Selection>): Promise<Roles<Images>> => {
    const count = sumBy(partsIn(parts), countOf)
    const fits = count * sizeOf(shape) <= memoryOf(options)
    const onSkip = options.skipBad === true ? skip : undefined
    const onProgress = reportOf(options)
    const holdPart = async ({ part, indices }: Selection): Promise<Images> => {
      if (part._tag === 'held') return indices === null ? part.images : selectImages(indices)(part.images)
      const encoded = indices === null ? part.pictures : selectEncoded(indices)(part.pictures)
      if (!fits) return streamImages(shape)(encoded)
      const { bytes, labels } =
        indices === null
          ? await decodeOnce(shape, onProgress, encoded, part.sum, onSkip)
          : await decodeAll(shape, onProgress, onSkip)(encoded)
      return imagesInMemory(bytes, labels)
    }
    return mapRoles(holdPart)(parts)
  }
