/** Lists the images of a zip archive by its directory; their content is read and unpacked in place. */
import { createHash } from 'node:crypto'
import { close, open as openFile } from 'node:fs'
import { promisify } from 'node:util'
import { fromFd, type Entry as ZipEntry, type ZipFile } from 'yauzl'
import type { Report } from '../../download.js'
import { type DataError, Fault } from '../../error.js'
import { noticeCounter } from '../../notices.js'
import { kindOfFile } from './image-file.js'
import { type Listing, largestImage, type ZippedImage } from './listing.js'

/** How content is stored: as it is, or deflated. */
const methods = [0, 8]

/** Whether an entry is a link, by its Unix mode. */
const isLink = ({ externalFileAttributes }: ZipEntry): boolean =>
  ((externalFileAttributes >>> 16) & 0o170000) === 0o120000

/** Why an image cannot be read; null where it can. */
const findFault = (file: string, entry: ZipEntry): DataError | null => {
  const { fileName, relativeOffsetOfLocalHeader: offset, uncompressedSize, compressionMethod } = entry
  const fault = (what: string, got: string | number, expected: string): DataError => ({
    _tag: 'BadValue',
    file,
    entry: fileName,
    offset,
    what,
    got,
    expected,
  })
  if (uncompressedSize > largestImage || entry.compressedSize > largestImage)
    return fault('size', uncompressedSize, `0 to ${largestImage} bytes`)
  if (entry.isEncrypted()) return fault('content', 'encrypted', 'a file without a password')
  return methods.includes(compressionMethod)
    ? null
    : fault('compression', `method ${compressionMethod}`, 'stored or deflated content')
}

const openZip = (file: string, descriptor: number): Promise<ZipFile> =>
  new Promise((resolve, reject) =>
    fromFd(descriptor, { lazyEntries: true, autoClose: false }, (reason, zip) =>
      reason === null ? resolve(zip) : reject(badZip(file)(reason)),
    ),
  )

const badZip =
  (file: string) =>
  (reason: Error): Fault =>
    new Fault({ _tag: 'BadStream', file, entry: null, offset: 0, reason: reason.message })

/** Calls `visit` for each entry of the directory, in its order. Errors  rejects with BadStream */
const visitEntries = (file: string, zip: ZipFile, visit: (entry: ZipEntry) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    zip.on('entry', entry => {
      visit(entry)
      zip.readEntry()
    })
    zip.on('end', resolve)
    zip.on('error', reason => reject(badZip(file)(reason)))
    zip.readEntry()
  })

/** Images in the order of a folder's: name by name, whatever the order in the archive. */
const inOrder = (entries: readonly ZipEntry[]): readonly ZipEntry[] => {
  const key = ({ fileName }: ZipEntry): string => fileName.replaceAll('/', '\0')
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

const zippedOf = (entry: ZipEntry): ZippedImage => ({
  offset: entry.relativeOffsetOfLocalHeader,
  packed: entry.compressedSize,
  size: entry.uncompressedSize,
  method: entry.compressionMethod,
  crc32: entry.crc32,
})

/** A checksum of names, sizes and the archive's own checksums. */
const sumOf = (entries: readonly ZipEntry[]): string => {
  const hash = createHash('sha256')
  for (const { fileName, uncompressedSize, crc32 } of entries)
    hash.update(`${fileName}\0${uncompressedSize}\0${crc32}\0`)
  return hash.digest('hex')
}

const readDirectory = async (
  file: string,
  descriptor: number,
  onProgress: Report,
): Promise<Omit<Listing, 'close'>> => {
  const [found, folders, refused]: [ZipEntry[], string[], DataError[]] = [[], [], []]
  const { leaveOut, leftOut } = noticeCounter(file)
  const zip = await openZip(file, descriptor)
  const add = (entry: ZipEntry): void => {
    const fault = findFault(file, entry)
    if (fault === null) found.push(entry)
    else refused.push(fault)
    onProgress({ what: `reading ${file}`, done: found.length, total: zip.entryCount })
  }
  await visitEntries(file, zip, entry => {
    const { fileName } = entry
    const kind = kindOfFile(fileName)
    if (fileName.endsWith('/')) folders.push(fileName.slice(0, -1))
    else if (isLink(entry)) leaveOut('link in an archive', fileName)
    else if (kind === 'image') add(entry)
    else if (kind !== 'clutter') leaveOut(kind, fileName)
  })
  const entries = inOrder(found)
  return {
    file,
    paths: entries.map(({ fileName }) => fileName),
    offsets: entries.map(({ relativeOffsetOfLocalHeader }) => relativeOffsetOfLocalHeader),
    folders,
    contents: { _tag: 'zip', descriptor, images: entries.map(zippedOf) },
    sum: sumOf(entries),
    refused,
    leftOut: leftOut(),
  }
}

/**
 * Lists the images of a zip archive. None is unpacked before it is read.
 *
 * Errors  rejects with BadStream where its directory cannot be read, or has a path that leaves the archive
 */
export const listZip = async (file: string, onProgress: Report): Promise<Listing> => {
  const descriptor = await promisify(openFile)(file, 'r')
  const closeFile = () => promisify(close)(descriptor)
  try {
    return { ...(await readDirectory(file, descriptor, onProgress)), close: closeFile }
  } catch (reason) {
    await closeFile()
    throw reason
  }
}
