/** Reads bytes in order, a few at a time, from a stream or a file. */
import { readSync } from 'node:fs'
import { Fault } from '../error.js'

/** A cursor over some content. */
export interface ByteReader {
  /** Bytes from the beginning. */
  readonly position: () => number
  /** Whether nothing is left. */
  readonly atEnd: () => Promise<boolean>
  /** Reads the next bytes; later calls may overwrite them. Errors  rejects with Truncated */
  readonly take: (bytes: number) => Promise<Buffer>
  /** Skips the next bytes. Errors  rejects with Truncated */
  readonly skip: (bytes: number) => Promise<void>
}

const truncated = (file: string, offset: number, expected: number): Fault =>
  new Fault({ _tag: 'Truncated', file, entry: null, offset, expected })

/** A stream being read: its current chunk, and how far that and the stream have been read. */
interface StreamCursor {
  readonly file: string
  readonly source: AsyncIterator<Buffer>
  chunk: Buffer
  /** Bytes of the chunk that have been read. */
  used: number
  position: number
}

const advance = (cursor: StreamCursor, bytes: number): void => {
  cursor.used += bytes
  cursor.position += bytes
}

/** Makes the next byte available; false at the end. */
const refill = async (cursor: StreamCursor): Promise<boolean> => {
  while (cursor.used === cursor.chunk.length) {
    const next = await cursor.source.next()
    if (next.done === true) return false
    cursor.chunk = next.value
    cursor.used = 0
  }
  return true
}

/** Passes the next bytes to `visit`, piece by piece, each with its offset from the first of them. */
const visitPieces = async (
  cursor: StreamCursor,
  bytes: number,
  visit: (piece: Buffer, offset: number) => void,
): Promise<void> => {
  const end = cursor.position + bytes
  while (cursor.position < end) {
    if (!(await refill(cursor))) throw truncated(cursor.file, cursor.position, end)
    const left = end - cursor.position
    const piece = cursor.chunk.subarray(cursor.used, cursor.used + left)
    visit(piece, bytes - left)
    advance(cursor, piece.length)
  }
}

/** Reads without a copy where the current chunk holds all the bytes. */
const takeBytes = async (cursor: StreamCursor, bytes: number): Promise<Buffer> => {
  const { chunk, used } = cursor
  if (used + bytes <= chunk.length) {
    advance(cursor, bytes)
    return chunk.subarray(used, used + bytes)
  }
  const whole = Buffer.alloc(bytes)
  await visitPieces(cursor, bytes, (piece, offset) => piece.copy(whole, offset))
  return whole
}

/** A cursor over a stream, of which it keeps one chunk. */
export const streamReader = (file: string, chunks: AsyncIterable<Buffer>): ByteReader => {
  const source = chunks[Symbol.asyncIterator]()
  const cursor: StreamCursor = { file, source, chunk: Buffer.alloc(0), used: 0, position: 0 }
  return {
    position: () => cursor.position,
    atEnd: async () => !(await refill(cursor)),
    take: bytes => takeBytes(cursor, bytes),
    skip: bytes => visitPieces(cursor, bytes, () => undefined),
  }
}

/** A cursor over an open file, which skips without reading. Reads block: they are short and in order. */
export const fileReader = (file: string, descriptor: number, size: number): ByteReader => {
  let position = 0
  const endOf = (bytes: number): number => {
    if (position + bytes > size) throw truncated(file, size, position + bytes)
    return position + bytes
  }
  return {
    position: () => position,
    atEnd: async () => position >= size,
    take: async bytes => {
      const end = endOf(bytes)
      const piece = Buffer.alloc(bytes)
      const got = readSync(descriptor, piece, 0, bytes, position)
      if (got < bytes) throw truncated(file, position + got, end)
      position = end
      return piece
    },
    skip: async bytes => {
      position = endOf(bytes)
    },
  }
}
