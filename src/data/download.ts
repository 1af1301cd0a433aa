/** Downloads files and checks their SHA-256. */
import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { makeFolders } from '../io/files.js'
import { type DataError, Fault, factOf } from './error.js'

export interface Remote {
  readonly url: string
  /** SHA-256 of the downloaded file. */
  readonly sum: string
}

/** Progress of a long task; `total` is 0 where it is unknown. */
export interface Progress {
  readonly what: string
  readonly done: number
  readonly total: number
}

/** What is called with the progress of a download, again and again. */
export type Report = (progress: Progress) => void

/** Time without data after which a download fails, ms. */
const timeout = 30_000

const fetchInto = async (remote: Remote, part: string, onProgress: Report): Promise<string> => {
  const control = new AbortController()
  const timer = setTimeout(() => control.abort(new Error(`no answer for ${timeout / 1000} s`)), timeout)
  const response = await fetch(remote.url, { signal: control.signal })
  if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`)
  const total = Number(response.headers.get('content-length') ?? 0)
  const hash = createHash('sha256')
  const handle = await open(part, 'w')
  try {
    let done = 0
    for await (const chunk of response.body) {
      timer.refresh()
      hash.update(chunk)
      await handle.writeFile(chunk)
      done += chunk.length
      onProgress({ what: basename(remote.url), done, total })
    }
  } finally {
    clearTimeout(timer)
    await handle.close()
  }
  return hash.digest('hex')
}

/**
 * Downloads a file atomically: it gets its name when it is complete and its checksum matches.
 *
 * Errors  ChecksumDiffers; ReadFailed with the address where the network or the server fails
 */
export const download =
  (onProgress: Report) =>
  (remote: Remote, file: string): TE.TaskEither<DataError, void> =>
    TE.tryCatch(async () => {
      const part = `${file}.${process.pid}.part`
      makeFolders(dirname(file))
      try {
        const got = await fetchInto(remote, part, onProgress)
        if (got !== remote.sum)
          throw new Fault({ _tag: 'ChecksumDiffers', file: remote.url, got, expected: remote.sum })
        await rename(part, file)
      } finally {
        await rm(part, { force: true })
      }
    }, factOf(remote.url))
