/** Bytes taken in order, a few at a time, from a stream or a file. */
import { readSync } from 'node:fs'
import { Fault } from '../error.js'

/** Where one is in some content, and what comes next. */
export interface ByteReader {
  /** Bytes from the beginning. */
  readonly position: () => number
  /** Whether nothing is left. */
  readonly atEnd: () => Promise<boolean>
  /** The next bytes; they may be overwritten by later calls. Errors  rejects with Truncated */
  readonly take: (bytes: number) => Promise<Buffer>
  /** Leaves bytes out. Errors  rejects with Truncated */
  readonly skip: (bytes: number) => Promise<void>
}

const ended = (file: string, offset: number, wanted: number): Fault =>
  new Fault({ _tag: 'Truncated', file, entry: null, offset, wanted })

/** A cursor over a stream, which keeps no more of it than is asked for. */
export const streamReader = (file: string, chunks: AsyncIterable<Buffer>): ByteReader => {
  const source = chunks[Symbol.asyncIterator]()
  let chunk: Buffer = Buffer.alloc(0)
  let used = 0
  let position = 0
  /** Makes the next byte available; false at the end. */
  const refill = async (): Promise<boolean> => {
    while (used === chunk.length) {
      const next = await source.next()
      if (next.done === true) return false
      chunk = next.value
      used = 0
    }
    return true
  }
  const pass = async (bytes: number, each: (piece: Buffer, at: number) => void): Promise<void> => {
    const end = position + bytes
    while (position < end) {
      if (!(await refill())) throw ended(file, position, end)
      const piece = chunk.subarray(used, used + end - position)
      each(piece, bytes - (end - position))
      used += piece.length
      position += piece.length
    }
  }
  return {
    position: () => position,
    atEnd: async () => !(await refill()),
    take: async bytes => {
      if (used + bytes <= chunk.length) {
        used += bytes
        position += bytes
        return chunk.subarray(used - bytes, used)
      }
      const whole = Buffer.alloc(bytes)
      await pass(bytes, (piece, at) => piece.copy(whole, at))
      return whole
    },
    skip: bytes => pass(bytes, () => undefined),
  }
}

/** A cursor over an open file, which skips without reading. Reads block: they are short and in order. */
export const fileReader = (file: string, descriptor: number, size: number): ByteReader => {
  let position = 0
  return {
    position: () => position,
    atEnd: async () => position >= size,
    take: async bytes => {
      if (position + bytes > size) throw ended(file, size, position + bytes)
      const piece = Buffer.alloc(bytes)
      const got = readSync(descriptor, piece, 0, bytes, position)
      if (got < bytes) throw ended(file, position + got, position + bytes)
      position += bytes
      return piece
    },
    skip: async bytes => {
      if (position + bytes > size) throw ended(file, size, position + bytes)
      position += bytes
    },
  }
}
