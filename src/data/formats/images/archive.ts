/** Lists the images of a tar archive, gzipped or not: held in memory where they fit, else read in place. */
import { createHash, type Hash } from 'node:crypto'
import { close, open as openFile } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Report } from '../../download.js'
import type { DataError } from '../../error.js'
import { noticeCounter, type Reason } from '../../notices.js'
import { type ByteReader, fileReader, streamReader } from '../byte-reader.js'
import { chunksOf, isPacked } from '../streams.js'
import { type Entry, entriesOf } from '../tar.js'
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

/** The entries so far, with their checksum and what was left out. */
interface Collector {
  readonly found: Entries
  readonly hash: Hash
  readonly notices: ReturnType<typeof noticeCounter>
}

const collectorFor = (file: string): Collector => ({
  found: { paths: [], offsets: [], folders: [], starts: [], sizes: [], pieces: [], refused: [] },
  hash: createHash('sha256'),
  notices: noticeCounter(file),
})

const addRefused = ({ found, notices }: Collector, fact: DataError): void => {
  const reason = skipReason(fact)
  if (reason === null) found.refused.push(fact)
  else notices.leaveOut(reason, 'entry' in fact ? (fact.entry ?? '') : '')
}

/** `content`: of an image that is kept in memory. */
const addImage = ({ found, hash }: Collector, entry: Entry, content: Buffer | null): void => {
  const { name, offset, start, size } = entry
  found.paths.push(name)
  found.offsets.push(offset)
  found.starts.push(start)
  found.sizes.push(size)
  hash.update(`${name}\0${size}\0`)
  if (content === null) return
  hash.update(content)
  found.pieces.push(content)
}

/** A folder, or a file that is no image. */
const addOther = ({ found, notices }: Collector, { kind, name }: Entry): void => {
  const what = kindOfFile(name)
  if (kind === 'folder') found.folders.push(name)
  else if (what === 'hidden' || what === 'other ending') notices.leaveOut(what, name)
}

const isImage = ({ kind, name }: Entry): boolean => kind === 'file' && kindOfFile(name) === 'image'

/** Lists an archive; with a budget it keeps the images' content too, or returns null where that is larger. */
const readEntries = async (
  file: string,
  cursor: ByteReader,
  budget: number | null,
  onEntry: (nth: number) => void,
) => {
  const collector = collectorFor(file)
  const { found, hash, notices } = collector
  let held = 0
  for await (const item of entriesOf(file, cursor, largestImage)) {
    if (item._tag === 'refused') addRefused(collector, item.fact)
    else if (!isImage(item.entry)) addOther(collector, item.entry)
    else {
      held += item.entry.size
      if (budget !== null && held > budget) return null
      addImage(collector, item.entry, budget === null ? null : await item.content())
      onEntry(found.paths.length)
    }
  }
  return { ...found, leftOut: notices.leftOut(), sum: hash.digest('hex') }
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
