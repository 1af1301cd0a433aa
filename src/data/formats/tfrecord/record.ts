/** TFRecord files: a length and its sum, the record and its sum, again and again. */

import { type DataError, Fault, type Place } from '../../error.js'
import type { ByteReader } from '../byte-reader.js'
import { maskedCrc } from './crc.js'

/** A record longer than this holds no image. */
export const longestRecord = 1 << 27

const headerLength = 12
const sumLength = 4

/** One record: where its bytes begin, and the bytes; or what is wrong with it. */
export type Found =
  | { readonly _tag: 'record'; readonly nth: number; readonly start: number; readonly content: Buffer }
  | { readonly _tag: 'refused'; readonly fact: DataError }

export const recordName = (nth: number): string => `record ${nth}`

/** What is wrong with a record by its own sum, if anything. */
export const damage = (content: Buffer, sum: number, place: Place): DataError | null =>
  maskedCrc(content) === sum
    ? null
    : {
        _tag: 'BadValue',
        what: 'sum of the record',
        got: 'another sum',
        wanted: 'the CRC-32C of its bytes',
        ...place,
      }

/** Whether a file's first bytes are the length of a record and its sum. */
export const isRecord = (head: Buffer): boolean =>
  head.length >= headerLength && maskedCrc(head.subarray(0, 8)) === head.readUInt32LE(8)

const lengthIn = (header: Buffer, place: Place): number => {
  if (!isRecord(header))
    throw new Fault({
      _tag: 'BadValue',
      what: 'sum of the length',
      got: 'another sum',
      wanted: 'the CRC-32C of the length before it',
      ...place,
    })
  const length = Number(header.readBigUInt64LE(0))
  if (length > longestRecord)
    throw new Fault({
      _tag: 'BadValue',
      what: 'length of the record',
      got: length,
      wanted: `0 to ${longestRecord} bytes`,
      ...place,
    })
  return length
}

/**
 * The records of a file in order, counted from 0; one whose bytes do not give its sum is refused, the next can be read.
 *
 * Errors  fails with BadValue for a length that is none, with Truncated: there is no way past them
 */
export async function* recordsOf(file: string, cursor: ByteReader): AsyncGenerator<Found> {
  for (let nth = 0; !(await cursor.atEnd()); nth++) {
    const place: Place = { file, entry: recordName(nth), offset: cursor.position() }
    const naming = (reason: unknown): never => {
      throw reason instanceof Fault && reason.fact._tag === 'Truncated'
        ? new Fault({ ...reason.fact, entry: place.entry })
        : reason
    }
    const length = lengthIn(await cursor.take(headerLength).catch(naming), place)
    const start = cursor.position()
    const whole = await cursor.take(length + sumLength).catch(naming)
    const content = whole.subarray(0, length)
    const fact = damage(content, whole.readUInt32LE(length), place)
    yield fact === null ? { _tag: 'record', nth, start, content } : { _tag: 'refused', fact }
  }
}
