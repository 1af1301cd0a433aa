/** Lists the images of class folders on disk: held in memory where they fit, else read on demand. */

import { createHash } from 'node:crypto'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { sumBy } from '../../../io/count.js'
import { isCode } from '../../../io/exception.js'
import type { Report } from '../../download.js'
import { type DataError, factOf } from '../../error.js'
import { noticeCounter, type Reason } from '../../notices.js'
import { isHidden, kindOfFile } from './image-file.js'
import { type Listing, largestImage } from './listing.js'

/** Files per concurrent batch. */
const chunk = 64

/** Runs `task` for every item, one chunk at a time; results are in order. */
export const mapInChunks = async <A, B>(
  items: readonly A[],
  task: (item: A) => Promise<B>,
): Promise<readonly B[]> => {
  const results: B[] = []
  for (let from = 0; from < items.length; from += chunk)
    results.push(...(await Promise.all(items.slice(from, from + chunk).map(task))))
  return results
}

/** The visible entries of a folder, in the order of names. */
export interface Inside {
  readonly folders: readonly string[]
  readonly files: readonly string[]
  readonly brokenLinks: readonly string[]
}

/** Errors  rejects where the folder cannot be listed */
export const listEntries = async (folder: string): Promise<Inside> => {
  const names = (await readdir(folder)).filter(name => !isHidden(name)).sort()
  const stats = await mapInChunks(names, name => stat(join(folder, name)).catch(() => null))
  return {
    folders: names.filter((_, nth) => stats[nth]?.isDirectory()),
    files: names.filter((_, nth) => stats[nth]?.isFile()),
    brokenLinks: names.filter((_, nth) => stats[nth] === null),
  }
}

/** The error of a file with more bytes than an image may have. */
export const tooLarge = (file: string, size: number): DataError => ({
  _tag: 'BadValue',
  file,
  entry: null,
  offset: 0,
  what: 'size',
  got: size,
  expected: `0 to ${largestImage} bytes`,
})

/** An entry, by its path in the data set's folder. */
type Item = { readonly path: string } & (
  | { readonly _tag: 'image'; readonly size: number }
  | { readonly _tag: 'folder' }
  | { readonly _tag: 'clutter' }
  | { readonly _tag: 'left out'; readonly reason: Reason }
  | { readonly _tag: 'refused'; readonly fact: DataError }
)

const isMissing = isCode('ENOENT', 'ELOOP')

const inspect = async (top: string, path: string): Promise<Item> => {
  const file = join(top, path)
  const kind = kindOfFile(path)
  try {
    const stats = await stat(file)
    if (stats.isDirectory())
      return isHidden(basename(path))
        ? { _tag: 'left out', path, reason: 'hidden' }
        : { _tag: 'folder', path }
    if (kind === 'clutter') return { _tag: 'clutter', path }
    if (!stats.isFile()) return { _tag: 'left out', path, reason: 'device' }
    if (kind !== 'image') return { _tag: 'left out', path, reason: kind }
    return stats.size > largestImage
      ? { _tag: 'refused', path, fact: tooLarge(file, stats.size) }
      : { _tag: 'image', path, size: stats.size }
  } catch (reason) {
    return isMissing(reason)
      ? { _tag: 'left out', path, reason: 'broken link' }
      : { _tag: 'refused', path, fact: factOf(file)(reason) }
  }
}

/** All entries below a folder, in the order of names; `parents` are the real paths of the folders above it. */
const walk = async (top: string, inside: string, parents: readonly string[]): Promise<readonly Item[]> => {
  const realFolder = await realpath(join(top, inside))
  if (parents.includes(realFolder)) return [{ _tag: 'left out', path: inside, reason: 'broken link' }]
  const names = (await readdir(realFolder)).sort()
  const items = await mapInChunks(names, name => inspect(top, inside === '' ? name : `${inside}/${name}`))
  const all: Item[] = []
  for (const item of items) {
    all.push(item)
    if (item._tag === 'folder')
      for (const nested of await walk(top, item.path, [...parents, realFolder]).catch(
        refuseFolder(top, item.path),
      ))
        all.push(nested)
  }
  return all
}

/** The item of a folder that cannot be listed. */
const refuseFolder =
  (top: string, path: string) =>
  (reason: unknown): readonly Item[] => [{ _tag: 'refused', path, fact: factOf(join(top, path))(reason) }]

/** An image's content, or why it cannot be read. */
const readImage = (file: string): Promise<Buffer | DataError> => readFile(file).catch(factOf(file))

/**
 * Lists the images of class folders and their subfolders. They are read into memory where they take at most `budget`
 * bytes in all.
 */
export const listDirectory = async (folder: string, budget: number, onProgress: Report): Promise<Listing> => {
  const items = await walk(folder, '', [])
  const { leaveOut, leftOut } = noticeCounter(folder)
  for (const item of items) if (item._tag === 'left out') leaveOut(item.reason, item.path)
  const refused = items.flatMap(item => (item._tag === 'refused' ? [item.fact] : []))
  const images = items.flatMap(item => (item._tag === 'image' ? [item] : []))
  const hash = createHash('sha256')
  const small = sumBy(images, ({ size }) => size) <= budget
  const paths: string[] = []
  const pieces: Buffer[] = []
  for (let from = 0; from < images.length; from += chunk) {
    const batch = images.slice(from, from + chunk)
    const contents = small ? await Promise.all(batch.map(({ path }) => readImage(join(folder, path)))) : []
    for (const [nth, { path, size }] of batch.entries()) {
      const content = contents[nth] ?? Buffer.alloc(0)
      if (!Buffer.isBuffer(content)) {
        refused.push(content)
        continue
      }
      hash.update(`${path}\0${size}\0`)
      hash.update(content)
      paths.push(path)
      if (small) pieces.push(content)
    }
    if (small) onProgress({ what: `reading ${folder}`, done: from + batch.length, total: images.length })
  }
  return {
    file: folder,
    paths,
    offsets: [],
    folders: items.flatMap(({ _tag, path }) => (_tag === 'folder' ? [path] : [])),
    contents: small ? { _tag: 'memory', pieces } : { _tag: 'files' },
    sum: hash.digest('hex'),
    refused,
    leftOut: leftOut(),
    close: async () => undefined,
  }
}
