/** The cache of downloaded, unpacked and decoded data: the user's cache folder, or `ESPALIER_CACHE`. */

import { readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import envPaths from 'env-paths'
import { sumBy } from '../io/count.js'
import { makeFolders } from '../io/files.js'

/** A folder of the data cache. */
export const cacheFolder = (...parts: readonly string[]): string =>
  join(process.env.ESPALIER_CACHE ?? envPaths('espalier', { suffix: '' }).cache, 'data', ...parts)

/** Kinds of files that can be made again from their sources. */
const derived = ['decoded', 'index', 'unpacked'] as const

/** The path of a derived file. */
export const derivedFile = (kind: (typeof derived)[number], name: string): string => cacheFolder(kind, name)

/** The most bytes that derived files may take: `ESPALIER_CACHE_LIMIT` GiB, by default 16. */
const sizeLimit = (): number => {
  const gibibytes = Number(process.env.ESPALIER_CACHE_LIMIT)
  return (gibibytes > 0 ? gibibytes : 16) * 2 ** 30
}

/** Marks a file as used now; false where it is missing. */
export const touch = (file: string): Promise<boolean> => {
  const now = new Date()
  return utimes(file, now, now).then(
    () => true,
    () => false,
  )
}

interface CachedFile {
  readonly file: string
  readonly size: number
  /** Time of last use, ms. */
  readonly used: number
}

const derivedFiles = async (): Promise<readonly CachedFile[]> => {
  const folders = await Promise.all(
    derived.map(async kind =>
      (await readdir(cacheFolder(kind)).catch(() => [])).map(name => derivedFile(kind, name)),
    ),
  )
  const found = await Promise.all(
    folders.flat().map(file =>
      stat(file).then(
        ({ size, mtimeMs }) => [{ file, size, used: mtimeMs }],
        () => [], // another run removed it
      ),
    ),
  )
  return found.flat()
}

/** Removes the least recently used files until all are within the limit; `newest` is kept. */
const trim = async (newest: string): Promise<void> => {
  const files = [...(await derivedFiles())].sort((a, b) => a.used - b.used)
  let total = sumBy(files, ({ size }) => size)
  for (const { file, size } of files) {
    if (total <= sizeLimit()) return
    if (file === newest) continue
    await rm(file, { force: true }).catch(() => undefined)
    total -= size
  }
}

/** Writes a derived file atomically, then evicts the least recently used. */
export const store = async (file: string, write: (part: string) => Promise<void>): Promise<void> => {
  const part = `${file}.${process.pid}.part`
  makeFolders(dirname(file))
  try {
    await write(part)
    await rename(part, file)
  } finally {
    await rm(part, { force: true })
  }
  await trim(file)
}
