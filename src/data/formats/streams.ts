/** Files as streams of bytes, unpacked where they are gzip, and the sums that name their content. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Fault } from '../error.js'

/** Deflate cannot pack tighter than this: what bounds an announced size by the file that announces it. */
export const maxDeflateRatio = 1032

/** The first bytes of a file, and its size. */
export const headOf = async (
  file: string,
  bytes: number,
): Promise<{ readonly head: Buffer; readonly size: number }> => {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0)
    return { head: buffer.subarray(0, bytesRead), size: (await handle.stat()).size }
  } finally {
    await handle.close()
  }
}

/** Whether content begins as gzip does. */
export const isGzip = (head: Buffer): boolean => head[0] === 0x1f && head[1] === 0x8b

/** Whether a file begins as gzip does. */
export const isPacked = async (file: string): Promise<boolean> => isGzip((await headOf(file, 2)).head)

/** The largest content a file can hold, unpacked. */
export const maxUnpackedSize = async (file: string): Promise<number> => {
  const { head, size } = await headOf(file, 2)
  return isGzip(head) ? size * maxDeflateRatio : size
}

/** Content may be unpacked to so many bytes whatever its file's size, or to so many times that size. */
const [alwaysUnpacked, mostTimes] = [2 ** 26, 100]

const tooMuch = (file: string, packed: number, most: number): Fault =>
  new Fault({
    _tag: 'BadValue',
    file,
    entry: null,
    offset: most,
    what: 'unpacked content',
    got: `more than ${most} bytes from ${packed}`,
    wanted: `at most ${mostTimes} times the packed bytes, or the content unpacked beforehand,`,
  })

async function* unpacked(file: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip()
  const { size } = await stat(file)
  const most = Math.max(alwaysUnpacked, mostTimes * size)
  let done = 0
  try {
    for await (const chunk of pipeline(createReadStream(file), gunzip, () => undefined)) {
      done += chunk.length
      if (done > most) throw tooMuch(file, size, most)
      yield chunk
    }
  } catch (reason) {
    throw reason instanceof Error && 'code' in reason && String(reason.code).startsWith('Z_')
      ? new Fault({
          _tag: 'BadStream',
          file,
          entry: null,
          offset: gunzip.bytesWritten,
          reason: reason.message,
        })
      : reason
  }
}

/**
 * The bytes of a file in pieces, unpacked where it begins as gzip does.
 *
 * Errors  BadStream where it cannot be unpacked; BadValue where it would be far more than such a file should hold
 */
export const chunksOf = async (file: string): Promise<AsyncIterable<Buffer>> =>
  (await isPacked(file)) ? unpacked(file) : createReadStream(file)

/** Files read at once: enough to keep every thread busy, few enough for any system's limit of open files. */
const mostOpen = 16

let reading = 0
const waiting: (() => void)[] = []

/** The content of a file, when it is its turn. */
export const readTurn = async (file: string): Promise<Buffer> => {
  if (reading >= mostOpen) await new Promise<void>(begin => waiting.push(begin))
  else reading++
  try {
    return await readFile(file)
  } finally {
    const next = waiting.shift()
    if (next === undefined) reading--
    else next()
  }
}

/** The short sum of several pieces of content. */
export const checksumOf = (pieces: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex').slice(0, 16)
}
