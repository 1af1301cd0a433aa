/** Lists the images of a tar archive, gzipped or not: held in memory where they fit, else read in place. */
import { createHash } from 'node:crypto'
import { close, open as openFile } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Report } from '../../download.js'
import type { DataError } from '../../error.js'
import { noticeCounter, type Reason } from '../../notices.js'
import { type ByteReader, fileReader, streamReader } from '../byte-reader.js'
import { chunksOf, isPacked } from '../streams.js'
import { entriesOf } from '../tar.js'
import { unpackToCache } from '../unpack-to-cache.js'
import { kindOfFile } from './image-file.js'
import { type Contents, type Listing, largestImage } from './listing.js'

/** The entries so far. */
interface Entries {
  readonly paths: string[]
  readonly offsets: number[]
  readonly folders: string[]
  readonly starts: number[]
  readonly sizes: number[]
  readonly pieces: Buffer[]
  readonly refused: DataError[]
}

/** Why a refused entry can be left out; null where it refuses the archive. */
const skipReason = (fact: DataError): Reason | null => {
  if (fact._tag === 'UnsafeEntry')
    return fact.kind === 'link' ? 'link in an archive' : fact.kind === 'device' ? 'device' : null
  const isOther = 'entry' in fact && kindOfFile(fact.entry ?? '') !== 'image'
  return isOther ? 'other ending' : null
}

/** Lists an archive; with a budget it keeps the images' content too, or returns null where that is larger. */
const readEntries = async (
  file: string,
  cursor: ByteReader,
  budget: number | null,
  onEntry: (nth: number) => void,
) => {
  const found: Entries = {
    paths: [],
    offsets: [],
    folders: [],
    starts: [],
    sizes: [],
    pieces: [],
    refused: [],
  }
  const hash = createHash('sha256')
  const { leaveOut, leftOut } = noticeCounter(file)
  let held = 0
  for await (const item of entriesOf(file, cursor, largestImage)) {
    if (item._tag === 'refused') {
      const reason = skipReason(item.fact)
      if (reason === null) found.refused.push(item.fact)
      else leaveOut(reason, 'entry' in item.fact ? (item.fact.entry ?? '') : '')
      continue
    }
    const { kind, name, offset, start, size } = item.entry
    if (kind === 'folder') {
      found.folders.push(name)
      continue
    }
    const what = kindOfFile(name)
    if (what === 'hidden' || what === 'other ending') leaveOut(what, name)
    if (what !== 'image') continue
    held += size
    if (budget !== null && held > budget) return null
    found.paths.push(name)
    found.offsets.push(offset)
    found.starts.push(start)
    found.sizes.push(size)
    hash.update(`${name}\0${size}\0`)
    if (budget !== null) {
      const content = await item.content()
      hash.update(content)
      found.pieces.push(content)
    }
    onEntry(found.paths.length)
  }
  return { ...found, leftOut: leftOut(), sum: hash.digest('hex') }
}

const listingOf = (
  file: string,
  found: NonNullable<Awaited<ReturnType<typeof readEntries>>>,
  contents: Contents,
  close: () => Promise<void>,
): Listing => {
  const { paths, offsets, folders, sum, refused, leftOut } = found
  return { file, paths, offsets, folders, sum, refused, leftOut, contents, close }
}

const listInMemory = async (
  file: string,
  budget: number,
  onEntry: (nth: number) => void,
): Promise<Listing | null> => {
  const found = await readEntries(file, streamReader(file, await chunksOf(file)), budget, onEntry)
  return found === null
    ? null
    : listingOf(file, found, { _tag: 'memory', pieces: found.pieces }, async () => undefined)
}

/** Lists the unpacked archive `tar`; errors name `file`, from which it was unpacked. */
const listInPlace = async (file: string, tar: string, onEntry: (nth: number) => void): Promise<Listing> => {
  const descriptor = await promisify(openFile)(tar, 'r')
  const closeFile = () => promisify(close)(descriptor)
  try {
    const found = await readEntries(file, fileReader(file, descriptor, (await stat(tar)).size), null, onEntry)
    if (found === null) throw new Error('a listing without a budget has no end')
    return listingOf(
      file,
      found,
      { _tag: 'spans', descriptor, starts: found.starts, sizes: found.sizes },
      closeFile,
    )
  } catch (reason) {
    await closeFile()
    throw reason
  }
}

/**
 * Lists the images of an archive. More than `budget` bytes are not held in memory but read in place; a gzipped archive
 * is unpacked to the cache for that.
 *
 * Errors  rejects with Truncated, BadStream or BadValue where the archive cannot be read to its end
 */
export const listArchive = async (file: string, budget: number, onProgress: Report): Promise<Listing> => {
  const packed = await isPacked(file)
  const onEntry = (nth: number) => onProgress({ what: `reading ${file}`, done: nth, total: 0 })
  const mayFit = packed || (await stat(file)).size <= budget
  const held = mayFit ? await listInMemory(file, budget, onEntry) : null
  return held ?? listInPlace(file, packed ? await unpackToCache(file, '.tar', onProgress) : file, onEntry)
}
