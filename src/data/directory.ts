/** Images in class folders on disk: held in memory where they are small, else read when they are wanted. */
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report } from './download.js'
import type { DataError } from './error.js'
import { isImage, type Listing, largestImage } from './listing.js'

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

const foldersIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true })
  const kinds = await inPortions(entries, async entry =>
    entry.isSymbolicLink() ? (await stat(join(folder, entry.name))).isDirectory() : entry.isDirectory(),
  )
  return entries
    .filter((_, nth) => kinds[nth])
    .map(({ name }) => name)
    .filter(name => !name.startsWith('.'))
    .sort()
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

/**
 * The images of a folder of class folders. They are read at once where they have no more than `budget` bytes in all.
 */
export const listDirectory = async (folder: string, budget: number, onProgress: Report): Promise<Listing> => {
  const folders = await foldersIn(folder)
  const inside = await inPortions(folders, async name =>
    (await readdir(join(folder, name)))
      .filter(isImage)
      .sort()
      .map(image => `${name}/${image}`),
  )
  const all = inside.flat()
  const sized = await inPortions(all, async path => ({ path, size: (await stat(join(folder, path))).size }))
  const kept = sized.filter(({ size }) => size <= largestImage)
  const hash = createHash('sha256')
  const small = kept.reduce((sum, { size }) => sum + size, 0) <= budget
  const pieces: Buffer[] = []
  for (let from = 0; small && from < kept.length; from += portion) {
    const some = kept.slice(from, from + portion)
    pieces.push(...(await Promise.all(some.map(({ path }) => readFile(join(folder, path))))))
    onProgress({ what: `reading ${folder}`, done: pieces.length, total: kept.length })
  }
  kept.forEach(({ path, size }, nth) => {
    hash.update(`${path}\0${size}\0`)
    hash.update(pieces[nth] ?? '')
  })
  return {
    file: folder,
    paths: kept.map(({ path }) => path),
    offsets: [],
    folders,
    contents: small ? { _tag: 'memory', pieces } : { _tag: 'files' },
    sum: hash.digest('hex'),
    refused: sized
      .filter(({ size }) => size > largestImage)
      .map(({ path, size }) => tooLarge(join(folder, path), size)),
    close: async () => undefined,
  }
}
