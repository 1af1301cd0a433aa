/** Where data that was fetched, unpacked or decoded is kept: the user's cache, or the folder `ESPALIER_CACHE` names. */
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import envPaths from 'env-paths'

/** The folder of the cache in which data goes. */
export const cacheFolder = (...parts: readonly string[]): string =>
  join(process.env.ESPALIER_CACHE ?? envPaths('espalier', { suffix: '' }).cache, 'data', ...parts)

/** What can be made again from the files it came from. */
const derived = ['decoded', 'index', 'unpacked'] as const

/** A file of the cache that can be made again. */
export const derivedFile = (kind: (typeof derived)[number], name: string): string => cacheFolder(kind, name)

/** Bytes that derived files may have in all: 16 GiB, or as many GiB as `ESPALIER_CACHE_LIMIT` says. */
const limit = (): number => {
  const gibibytes = Number(process.env.ESPALIER_CACHE_LIMIT)
  return (gibibytes > 0 ? gibibytes : 16) * 2 ** 30
}

/** Marks a file as used now; false where it is not there. */
export const touch = (file: string): Promise<boolean> => {
  const now = new Date()
  return utimes(file, now, now).then(
    () => true,
    () => false,
  )
}

interface Kept {
  readonly file: string
  readonly size: number
  /** When it was last used, ms. */
  readonly used: number
}

const derivedFiles = async (): Promise<readonly Kept[]> => {
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

/** Removes the derived files used longest ago until the rest, with `newest`, which stays, are within the limit. */
const trim = async (newest: string): Promise<void> => {
  const files = [...(await derivedFiles())].sort((a, b) => a.used - b.used)
  let total = files.reduce((sum, { size }) => sum + size, 0)
  for (const { file, size } of files) {
    if (total <= limit()) return
    if (file === newest) continue
    await rm(file, { force: true }).catch(() => undefined)
    total -= size
  }
}

/** Makes a derived file, which appears under its name when it is whole, at the cost of those used longest ago. */
export const store = async (file: string, write: (part: string) => Promise<void>): Promise<void> => {
  const part = `${file}.${process.pid}.part`
  await mkdir(dirname(file), { recursive: true })
  try {
    await write(part)
    await rename(part, file)
  } finally {
    await rm(part, { force: true })
  }
  await trim(file)
}
