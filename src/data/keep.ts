/** Encoded images become images that can be read: decoded once and held, or streamed. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Shape, sizeOf } from '../net/shape.js'
import { cacheFolder } from './cache.js'
import type { Report } from './download.js'
import { type Decoded, decodeAll, type Pictures, picked, streamed } from './pictures.js'
import { checksumOf } from './read.js'
import { chosen, held, type Images, type Skipped } from './set.js'
import { labelsOf, memoryOf, type OpenOptions, type Part, reportOf } from './source.js'

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** Bytes of the cache that end in their own sum; none where they are missing or damaged. */
const recall = async (file: string, size: number): Promise<Uint8Array | null> => {
  const found = await readFile(file).catch(() => Buffer.alloc(0))
  const bytes = found.subarray(0, size)
  return found.length === size + 32 && digest(bytes).equals(found.subarray(size)) ? bytes : null
}

/** Keeps bytes for the next time; a cache that cannot be written to is done without. */
const remember = async (file: string, bytes: Uint8Array): Promise<void> => {
  const part = `${file}.${process.pid}.part`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(part, bytes)
    await writeFile(part, digest(bytes), { flag: 'a' })
    await rename(part, file)
  } catch {
    await rm(part, { force: true }).catch(() => undefined)
  }
}

type Skip = (fact: Skipped) => void

/** Decodes a whole part, or recalls what an earlier run decoded. */
const decodeOnce = async (
  shape: Shape,
  onProgress: Report,
  pictures: Pictures,
  sum: string,
  onSkip: Skip | undefined,
): Promise<Decoded> => {
  const file = cacheFolder('decoded', `${checksumOf([sum, shape.join('×')])}.bin`)
  const known = await recall(file, pictures.labels.length * sizeOf(shape))
  if (known !== null) return { bytes: known, labels: pictures.labels }
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
 * Makes images of parts. Encoded ones are decoded at once and held where both parts fit in the memory there is;
 * a part of which every image is wanted is decoded once for all runs, and kept in the user's cache.
 */
export const keeping =
  (options: OpenOptions, shape: Shape, skip: Skip) =>
  async (train: Wanted, test: Wanted): Promise<{ readonly train: Images; readonly test: Images }> => {
    const fits = (countOf(train) + countOf(test)) * sizeOf(shape) <= memoryOf(options)
    const onSkip = options.skipBad === true ? skip : undefined
    const onProgress = reportOf(options)
    const keep = async ({ part, indices }: Wanted): Promise<Images> => {
      if (part._tag === 'held') return indices === null ? part.images : chosen(indices)(part.images)
      const pictures = indices === null ? part.pictures : picked(indices)(part.pictures)
      if (!fits) return streamed(shape, onSkip)(pictures)
      const { bytes, labels } =
        indices === null
          ? await decodeOnce(shape, onProgress, pictures, part.sum, onSkip)
          : await decodeAll(shape, onProgress, onSkip)(pictures)
      return held(bytes, labels)
    }
    return { train: await keep(train), test: await keep(test) }
  }
