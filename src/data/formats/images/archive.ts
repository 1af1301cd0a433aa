/** Images in a tar archive, packed or not: held in memory where they are small, else read where they lie. */
import { createHash } from 'node:crypto'
import { close, open as openFile } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { derivedFile, store, touch } from '../../cache.js'
import type { Report } from '../../download.js'
import type { DataError } from '../../error.js'
import { counting, type Reason } from '../../notices.js'
import { type ByteReader, fileReader, streamReader } from '../byte-reader.js'
import { checksumOf, chunksOf, isPacked } from '../streams.js'
import { entriesOf } from '../tar.js'
import { kindOfFile } from './image-file.js'
import { type Contents, type Listing, largestImage } from './listing.js'

/** What has been found so far. */
interface Finding {
  readonly paths: string[]
  readonly offsets: number[]
  readonly folders: string[]
  readonly starts: number[]
  readonly sizes: number[]
  readonly pieces: Buffer[]
  readonly refused: DataError[]
}

/** Why an entry that is refused is left out without harm to the others; null where it refuses the archive. */
const harmless = (fact: DataError): Reason | null => {
  if (fact._tag === 'UnsafeEntry')
    return fact.kind === 'link' ? 'link in an archive' : fact.kind === 'device' ? 'device' : null
  const isOther = 'entry' in fact && kindOfFile(fact.entry ?? '') !== 'image'
  return isOther ? 'other ending' : null
}

/** Lists an archive; keeps the images' content too while it is no more than `budget` bytes, else gives up. */
const list = async (
  file: string,
  cursor: ByteReader,
  budget: number | null,
  onEntry: (nth: number) => void,
) => {
  const found: Finding = {
    paths: [],
    offsets: [],
    folders: [],
    starts: [],
    sizes: [],
    pieces: [],
    refused: [],
  }
  const hash = createHash('sha256')
  const { leaveOut, leftOut } = counting(file)
  let held = 0
  for await (const item of entriesOf(file, cursor, largestImage)) {
    if (item._tag === 'refused') {
      const reason = harmless(item.fact)
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
  found: NonNullable<Awaited<ReturnType<typeof list>>>,
  contents: Contents,
  close: () => Promise<void>,
): Listing => {
  const { paths, offsets, folders, sum, refused, leftOut } = found
  return { file, paths, offsets, folders, sum, refused, leftOut, contents, close }
}

const inMemory = async (
  file: string,
  budget: number,
  onEntry: (nth: number) => void,
): Promise<Listing | null> => {
  const found = await list(file, streamReader(file, await chunksOf(file)), budget, onEntry)
  return found === null
    ? null
    : listingOf(file, found, { _tag: 'memory', pieces: found.pieces }, async () => undefined)
}

/** Lists the plain archive `tar`; what is said of it names `file`, which it was unpacked from. */
const inPlace = async (file: string, tar: string, onEntry: (nth: number) => void): Promise<Listing> => {
  const descriptor = await promisify(openFile)(tar, 'r')
  const shut = () => promisify(close)(descriptor)
  try {
    const found = await list(file, fileReader(file, descriptor, (await stat(tar)).size), null, onEntry)
    if (found === null) throw new Error('a listing without a budget has no end')
    return listingOf(
      file,
      found,
      { _tag: 'spans', descriptor, starts: found.starts, sizes: found.sizes },
      shut,
    )
  } catch (reason) {
    await shut()
    throw reason
  }
}

/** The archive unpacked to a tar file in the cache; done once for one file of one date. */
const unpacked = async (file: string, onProgress: Report): Promise<string> => {
  const { size, mtimeMs } = await stat(file)
  const target = derivedFile('unpacked', `${checksumOf([file, `${size}`, `${mtimeMs}`])}.tar`)
  if (await touch(target)) return target
  await store(target, async part => {
    const handle = await open(part, 'w')
    try {
      let done = 0
      for await (const chunk of await chunksOf(file)) {
        await handle.writeFile(chunk)
        done += chunk.length
        onProgress({ what: `unpacking ${file}`, done, total: 0 })
      }
    } finally {
      await handle.close()
    }
  })
  return target
}

/**
 * The images of an archive. Those of more than `budget` bytes in all stay where they are: a packed archive is
 * unpacked to the user's cache for that.
 *
 * Errors  rejects with Truncated, BadStream or BadValue where the archive cannot be read on
 */
export const listArchive = async (file: string, budget: number, onProgress: Report): Promise<Listing> => {
  const packed = await isPacked(file)
  const onEntry = (nth: number) => onProgress({ what: `reading ${file}`, done: nth, total: 0 })
  const small = packed || (await stat(file)).size <= budget
  const held = small ? await inMemory(file, budget, onEntry) : null
  return held ?? inPlace(file, packed ? await unpacked(file, onProgress) : file, onEntry)
}
