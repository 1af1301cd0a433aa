/** Where data that was fetched or unpacked is kept: the user's cache, or the folder `ESPALIER_CACHE` names. */
import { join } from 'node:path'
import envPaths from 'env-paths'

/** The folder of the cache in which data goes. */
export const cacheFolder = (...parts: readonly string[]): string =>
  join(process.env.ESPALIER_CACHE ?? envPaths('espalier', { suffix: '' }).cache, 'data', ...parts)
