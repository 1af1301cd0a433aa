/** Reads IDX files, the format of MNIST: a magic number, the sizes, then the bytes. */
import { createHash } from 'node:crypto'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { sizeOf } from '../../net/shape.js'
import { type DataError, Fault, factOf, type Location } from '../error.js'
import { chunksOf, maxUnpackedSize } from './streams.js'

export interface Idx {
  readonly file: string
  readonly sizes: readonly number[]
  readonly values: Uint8Array
  /** SHA-256 of the unpacked content. */
  readonly sum: string
}

/** The largest content that is read into memory. */
const maxBytes = 2 ** 31

const locationAt = (file: string, offset: number): Location => ({ file, entry: null, offset })

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`

/** The sizes of a header. Errors  BadValue where the file cannot hold them */
const readSizes = (file: string, header: Buffer, rank: number, limit: number): readonly number[] => {
  const expected = 0x0800 + rank
  const magic = header.readUInt32BE(0)
  if (magic !== expected)
    throw new Fault({
      _tag: 'BadValue',
      what: 'magic number',
      got: hex(magic),
      expected: hex(expected),
      ...locationAt(file, 0),
    })
  const sizes = Array.from({ length: rank }, (_, axis) => header.readUInt32BE(4 + 4 * axis))
  const total = sizeOf(sizes)
  if (total < 1 || total > Math.min(limit, maxBytes))
    throw new Fault({
      _tag: 'BadValue',
      what: 'sizes',
      got: sizes.join('×'),
      expected: `1 to ${Math.min(limit, maxBytes)} bytes in all, as a file of this length can hold`,
      ...locationAt(file, 4),
    })
  return sizes
}

const load = async (file: string, rank: number): Promise<Idx> => {
  const headerLength = 4 + 4 * rank
  const limit = await maxUnpackedSize(file)
  const hash = createHash('sha256')
  let sizes: readonly number[] = []
  let values = new Uint8Array()
  let header = Buffer.alloc(0)
  let offset = 0
  for await (const chunk of await chunksOf(file)) {
    hash.update(chunk)
    let rest = chunk
    if (header.length < headerLength) {
      const missing = headerLength - header.length
      header = Buffer.concat([header, chunk.subarray(0, missing)])
      rest = chunk.subarray(missing)
      if (header.length === headerLength) {
        sizes = readSizes(file, header, rank, limit)
        values = new Uint8Array(sizeOf(sizes))
      }
    }
    if (offset + rest.length > values.length)
      throw new Fault({
        _tag: 'BadValue',
        what: 'content',
        got: 'more bytes',
        expected: `the end of the file after ${headerLength + values.length} bytes`,
        ...locationAt(file, headerLength + values.length),
      })
    values.set(rest, offset)
    offset += rest.length
  }
  const expected = headerLength + values.length
  if (header.length < headerLength || offset < values.length)
    throw new Fault({
      _tag: 'Truncated',
      expected,
      ...locationAt(file, Math.min(header.length, headerLength) + offset),
    })
  return { file, sizes, values, sum: hash.digest('hex') }
}

/**
 * Reads an IDX file of bytes with `rank` sizes, gzipped or not.
 *
 * Errors  BadStream, BadValue, Truncated with the offset; sizes are checked before memory is allocated
 */
export const readIdx =
  (rank: number) =>
  (file: string): TE.TaskEither<DataError, Idx> =>
    TE.tryCatch(() => load(file, rank), factOf(file))

/** The values of images stored column by column, row by row. */
export const transpose = ({ sizes, values }: Idx): Uint8Array => {
  const [, columns = 0, rows = 0] = sizes
  const size = rows * columns
  return Uint8Array.from(values, (_, at) => {
    const [image, row, column] = [Math.floor(at / size), Math.floor((at % size) / columns), at % columns]
    return values[image * size + column * rows + row] ?? 0
  })
}
