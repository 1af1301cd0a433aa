/** Compressed files that are read in place: unpacked once, into the cache. */
import { open, stat } from 'node:fs/promises'
import { derivedFile, store, touch } from '../cache.js'
import type { Report } from '../download.js'
import { checksumOf, unpack } from './streams.js'

/**
 * The content of a gzip or zlib file as a file in the cache, unpacked once per file, size and date.
 *
 * Errors  rejects with BadStream where it cannot be unpacked; BadValue where it unpacks to too many bytes
 */
export const unpackToCache = async (file: string, ending: string, onProgress: Report): Promise<string> => {
  const { size, mtimeMs } = await stat(file)
  const target = derivedFile('unpacked', `${checksumOf([file, `${size}`, `${mtimeMs}`])}${ending}`)
  if (await touch(target)) return target
  await store(target, async part => {
    const handle = await open(part, 'w')
    try {
      let done = 0
      for await (const chunk of unpack(file)) {
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
