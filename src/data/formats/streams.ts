/** Streams files, unpacking gzip, and computes checksums of content. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createUnzip } from 'node:zlib'
import { mostUnpacked, mostUnpackedRatio } from '../../io/limits.js'
import { Fault } from '../error.js'

/** The highest compression ratio of deflate, which bounds the sizes that a packed file can hold. */
const maxDeflateRatio = 1032

/** The first bytes of a file and the file's size. */
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

/** Whether content begins with the signature of gzip. */
export const isGzip = (head: Buffer): boolean => head[0] === 0x1f && head[1] === 0x8b

/** Whether content begins with a zlib header: a window of 32 KiB, and a multiple of 31. */
export const isZlib = (head: Buffer): boolean =>
  head[0] === 0x78 && head.length > 1 && head.readUInt16BE(0) % 31 === 0

/** Whether a file is gzipped. */
export const isPacked = async (file: string): Promise<boolean> => isGzip((await headOf(file, 2)).head)

/** The most bytes that a file can hold, unpacked. */
export const maxUnpackedSize = async (file: string): Promise<number> => {
  const { head, size } = await headOf(file, 2)
  return isGzip(head) ? size * maxDeflateRatio : size
}

const tooLarge = (file: string, packed: number, maxBytes: number): Fault =>
  new Fault({
    _tag: 'BadValue',
    file,
    entry: null,
    offset: maxBytes,
    what: 'unpacked content',
    got: `more than ${maxBytes} bytes from ${packed}`,
    expected: `at most ${mostUnpackedRatio} times the packed bytes, or the content unpacked beforehand,`,
  })

/**
 * The content of a gzip or zlib file in chunks.
 *
 * Errors  BadStream where it cannot be unpacked; BadValue where it unpacks to too many bytes
 */
export async function* unpack(file: string): AsyncGenerator<Buffer> {
  const unzip = createUnzip()
  const { size } = await stat(file)
  const maxBytes = mostUnpacked(size)
  let unpackedBytes = 0
  try {
    for await (const chunk of pipeline(createReadStream(file), unzip, () => undefined)) {
      unpackedBytes += chunk.length
      if (unpackedBytes > maxBytes) throw tooLarge(file, size, maxBytes)
      yield chunk
    }
  } catch (reason) {
    throw reason instanceof Error && 'code' in reason && String(reason.code).startsWith('Z_')
      ? new Fault({
          _tag: 'BadStream',
          file,
          entry: null,
          offset: unzip.bytesWritten,
          reason: reason.message,
        })
      : reason
  }
}

/**
 * The bytes of a file in chunks, unpacked where it is gzipped.
 *
 * Errors  BadStream where it cannot be unpacked; BadValue where it unpacks to too many bytes
 */
export const chunksOf = async (file: string): Promise<AsyncIterable<Buffer>> =>
  (await isPacked(file)) ? unpack(file) : createReadStream(file)

/** Files read at once: enough to keep every thread busy, and below any system's limit of open files. */
const maxOpen = 16

let openCount = 0
const waiting: (() => void)[] = []

/** Reads a file as soon as fewer than the most files are open. */
export const readQueued = async (file: string): Promise<Buffer> => {
  if (openCount >= maxOpen) await new Promise<void>(begin => waiting.push(begin))
  else openCount++
  try {
    return await readFile(file)
  } finally {
    const next = waiting.shift()
    if (next === undefined) openCount--
    else next()
  }
}

/** A short checksum of several pieces of content. */
export const checksumOf = (pieces: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex').slice(0, 16)
}
