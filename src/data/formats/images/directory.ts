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
  onChunk: (done: number) => void = () => undefined,
): Promise<readonly B[]> => {
  const results: B[] = []
  for (let from = 0; from < items.length; from += chunk) {
    results.push(...(await Promise.all(items.slice(from, from + chunk).map(task))))
    onChunk(results.length)
  }
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

type ImageItem = Extract<Item, { readonly _tag: 'image' }>

/** The content of each image, or why it cannot be read. */
const readImages = (
  folder: string,
  images: readonly ImageItem[],
  onProgress: Report,
): Promise<readonly (Buffer | DataError)[]> =>
  mapInChunks(
    images,
    ({ path }): Promise<Buffer | DataError> => readFile(join(folder, path)).catch(factOf(join(folder, path))),
    done => onProgress({ what: `reading ${folder}`, done, total: images.length }),
  )

/** Stands for the content of an image that is read when it is asked for. */
const unread = Buffer.alloc(0)

/**
 * Lists the images of class folders and their subfolders. They are read into memory where they take at most `budget`
 * bytes in all.
 */
export const listDirectory = async (folder: string, budget: number, onProgress: Report): Promise<Listing> => {
  const items = await walk(folder, '', [])
  const { leaveOut, leftOut } = noticeCounter(folder)
  for (const item of items) if (item._tag === 'left out') leaveOut(item.reason, item.path)
  const images = items.flatMap(item => (item._tag === 'image' ? [item] : []))
  const small = sumBy(images, ({ size }) => size) <= budget
  const contents = small ? await readImages(folder, images, onProgress) : images.map(() => unread)
  const readable = images.flatMap((image, nth) => {
    const content = contents[nth]
    return Buffer.isBuffer(content) ? [{ ...image, content }] : []
  })
  const hash = createHash('sha256')
  for (const { path, size, content } of readable) hash.update(`${path}\0${size}\0`).update(content)
  return {
    file: folder,
    paths: readable.map(({ path }) => path),
    offsets: [],
    folders: items.flatMap(({ _tag, path }) => (_tag === 'folder' ? [path] : [])),
    contents: small ? { _tag: 'memory', pieces: readable.map(({ content }) => content) } : { _tag: 'files' },
    sum: hash.digest('hex'),
    refused: [
      ...items.flatMap(item => (item._tag === 'refused' ? [item.fact] : [])),
      ...contents.flatMap(content => (Buffer.isBuffer(content) ? [] : [content])),
    ],
    leftOut: leftOut(),
    close: async () => undefined,
  }
}
