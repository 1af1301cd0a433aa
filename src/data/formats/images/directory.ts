/** Images in class folders on disk: held in memory where they are small, else read when they are wanted. */
import { createHash } from 'node:crypto'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Report } from '../../download.js'
import { type DataError, factOf } from '../../error.js'
import { counting, type Reason } from '../../notices.js'
import { isHidden, kindOfFile } from './image-file.js'
import { type Listing, largestImage } from './listing.js'

/** Files looked at at once. */
const portion = 64

/** Does `task` for every item, a few at a time, results in order. */
const inPortions = async <A, B>(
  items: readonly A[],
  task: (item: A) => Promise<B>,
): Promise<readonly B[]> => {
  const results: B[] = []
  for (let from = 0; from < items.length; from += portion)
    results.push(...(await Promise.all(items.slice(from, from + portion).map(task))))
  return results
}

/** What lies directly in a folder and is not hidden, in the order of names. */
export interface Inside {
  readonly folders: readonly string[]
  readonly files: readonly string[]
  readonly brokenLinks: readonly string[]
}

/** Errors  rejects where the folder cannot be listed */
export const lookInto = async (folder: string): Promise<Inside> => {
  const names = (await readdir(folder)).filter(name => !isHidden(name)).sort()
  const states = await inPortions(names, name => stat(join(folder, name)).catch(() => null))
  return {
    folders: names.filter((_, nth) => states[nth]?.isDirectory()),
    files: names.filter((_, nth) => states[nth]?.isFile()),
    brokenLinks: names.filter((_, nth) => states[nth] === null),
  }
}

const tooLarge = (file: string, size: number): DataError => ({
  _tag: 'BadValue',
  file,
  entry: null,
  offset: 0,
  what: 'size',
  got: size,
  wanted: `0 to ${largestImage} bytes`,
})

/** What an entry of a folder is, by its path inside the set's folder. */
type Item = { readonly path: string } & (
  | { readonly _tag: 'image'; readonly size: number }
  | { readonly _tag: 'folder' }
  | { readonly _tag: 'clutter' }
  | { readonly _tag: 'left out'; readonly reason: Reason }
  | { readonly _tag: 'refused'; readonly fact: DataError }
)

const isGone = (reason: unknown): boolean =>
  reason instanceof Error && 'code' in reason && (reason.code === 'ENOENT' || reason.code === 'ELOOP')

const inspect = async (top: string, path: string): Promise<Item> => {
  const file = join(top, path)
  const kind = kindOfFile(path)
  try {
    const state = await stat(file)
    if (state.isDirectory())
      return isHidden(basename(path))
        ? { _tag: 'left out', path, reason: 'hidden' }
        : { _tag: 'folder', path }
    if (kind === 'clutter') return { _tag: 'clutter', path }
    if (!state.isFile()) return { _tag: 'left out', path, reason: 'device' }
    if (kind !== 'image') return { _tag: 'left out', path, reason: kind }
    return state.size > largestImage
      ? { _tag: 'refused', path, fact: tooLarge(file, state.size) }
      : { _tag: 'image', path, size: state.size }
  } catch (reason) {
    return isGone(reason)
      ? { _tag: 'left out', path, reason: 'broken link' }
      : { _tag: 'refused', path, fact: factOf(file)(reason) }
  }
}

/** All that is in a folder, however deep, in the order of names; `above` are the folders it is in, links resolved. */
const walk = async (top: string, inside: string, above: readonly string[]): Promise<readonly Item[]> => {
  const here = await realpath(join(top, inside))
  if (above.includes(here)) return [{ _tag: 'left out', path: inside, reason: 'broken link' }]
  const names = (await readdir(here)).sort()
  const items = await inPortions(names, name => inspect(top, inside === '' ? name : `${inside}/${name}`))
  const all: Item[] = []
  for (const item of items) {
    all.push(item)
    if (item._tag === 'folder')
      for (const deeper of await walk(top, item.path, [...above, here]).catch(refusing(top, item.path)))
        all.push(deeper)
  }
  return all
}

/** A folder that cannot be listed. */
const refusing =
  (top: string, path: string) =>
  (reason: unknown): readonly Item[] => [{ _tag: 'refused', path, fact: factOf(join(top, path))(reason) }]

/** The content of an image, or why it cannot be read. */
const readImage = (file: string): Promise<Buffer | DataError> => readFile(file).catch(factOf(file))

/**
 * The images of a folder of class folders, however deep. They are read at once where they have no more than `budget`
 * bytes in all.
 */
export const listDirectory = async (folder: string, budget: number, onProgress: Report): Promise<Listing> => {
  const items = await walk(folder, '', [])
  const { leaveOut, leftOut } = counting(folder)
  for (const item of items) if (item._tag === 'left out') leaveOut(item.reason, item.path)
  const refused = items.flatMap(item => (item._tag === 'refused' ? [item.fact] : []))
  const images = items.flatMap(item => (item._tag === 'image' ? [item] : []))
  const hash = createHash('sha256')
  const small = images.reduce((sum, { size }) => sum + size, 0) <= budget
  const paths: string[] = []
  const pieces: Buffer[] = []
  for (let from = 0; from < images.length; from += portion) {
    const some = images.slice(from, from + portion)
    const contents = small ? await Promise.all(some.map(({ path }) => readImage(join(folder, path)))) : []
    for (const [nth, { path, size }] of some.entries()) {
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
    if (small) onProgress({ what: `reading ${folder}`, done: from + some.length, total: images.length })
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
