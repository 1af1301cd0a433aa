/** IDX files, MNIST's own format: a magic number, the sizes, then the bytes. */
import { createHash } from 'node:crypto'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sizeOf } from '../../net/shape.js'
import { type DataError, Fault, factOf, type Place } from '../error.js'
import { chunksOf, maxUnpackedSize } from './streams.js'

export interface Idx {
  readonly file: string
  readonly sizes: readonly number[]
  readonly values: Uint8Array
  /** SHA-256 of the unpacked content. */
  readonly sum: string
}

/** More than a set held in memory may have. */
const most = 2 ** 31

const at = (file: string, offset: number): Place => ({ file, entry: null, offset })

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`

/** The sizes a header announces, refused where the file cannot hold them. */
const sizesOf = (file: string, head: Buffer, rank: number, limit: number): readonly number[] => {
  const wanted = 0x0800 + rank
  const magic = head.readUInt32BE(0)
  if (magic !== wanted)
    throw new Fault({
      _tag: 'BadValue',
      what: 'magic number',
      got: hex(magic),
      wanted: hex(wanted),
      ...at(file, 0),
    })
  const sizes = Array.from({ length: rank }, (_, axis) => head.readUInt32BE(4 + 4 * axis))
  const total = sizeOf(sizes)
  if (total < 1 || total > Math.min(limit, most))
    throw new Fault({
      _tag: 'BadValue',
      what: 'sizes',
      got: sizes.join('×'),
      wanted: `1 to ${Math.min(limit, most)} bytes in all, as a file of this length can hold`,
      ...at(file, 4),
    })
  return sizes
}

const load = async (file: string, rank: number): Promise<Idx> => {
  const start = 4 + 4 * rank
  const limit = await maxUnpackedSize(file)
  const hash = createHash('sha256')
  let sizes: readonly number[] = []
  let values = new Uint8Array()
  let head = Buffer.alloc(0)
  let offset = 0
  for await (const chunk of await chunksOf(file)) {
    hash.update(chunk)
    let rest = chunk
    if (head.length < start) {
      const missing = start - head.length
      head = Buffer.concat([head, chunk.subarray(0, missing)])
      rest = chunk.subarray(missing)
      if (head.length === start) {
        sizes = sizesOf(file, head, rank, limit)
        values = new Uint8Array(sizeOf(sizes))
      }
    }
    if (offset + rest.length > values.length)
      throw new Fault({
        _tag: 'BadValue',
        what: 'content',
        got: 'more bytes',
        wanted: `the end of the file after ${start + values.length} bytes`,
        ...at(file, start + values.length),
      })
    values.set(rest, offset)
    offset += rest.length
  }
  const wanted = start + values.length
  if (head.length < start || offset < values.length)
    throw new Fault({ _tag: 'Truncated', wanted, ...at(file, Math.min(head.length, start) + offset) })
  return { file, sizes, values, sum: hash.digest('hex') }
}

/**
 * An IDX file of bytes with `rankChannels` sizes, packed or not.
 *
 * Errors  BadStream, BadValue, Truncated with the offset; sizes are refused before anything of theirs is held
 */
export const readIdx =
  (rank: number) =>
  (file: string): TE.TaskEither<DataError, Idx> =>
    TE.tryCatch(() => load(file, rank), factOf(file))
