/** Reads and writes TFRecord files: each record is its length, a checksum of that, its bytes, and a checksum of those. */

import { type DataError, Fault, type Location } from '../../error.js'
import type { ByteReader } from '../byte-reader.js'
import { maskedCrc } from './crc.js'

/** The most bytes of a record. */
const longestRecord = 1 << 27

const headerLength = 12
const sumLength = 4

/** A record with the offset of its bytes, or why it was refused. */
export type Found =
  | { readonly _tag: 'record'; readonly nth: number; readonly start: number; readonly content: Buffer }
  | { readonly _tag: 'refused'; readonly fact: DataError }

export const recordName = (nth: number): string => `record ${nth}`

/** The error of a record whose checksum does not match; else null. */
export const checkRecord = (content: Buffer, sum: number, location: Location): DataError | null =>
  maskedCrc(content) === sum
    ? null
    : {
        _tag: 'BadValue',
        what: 'sum of the record',
        got: 'another sum',
        expected: 'the CRC-32C of its bytes',
        ...location,
      }

/** A record of these bytes. */
export const encodeRecord = (content: Buffer): Buffer => {
  const header = Buffer.alloc(headerLength)
  header.writeBigUInt64LE(BigInt(content.length))
  header.writeUInt32LE(maskedCrc(header.subarray(0, 8)), 8)
  const sum = Buffer.alloc(sumLength)
  sum.writeUInt32LE(maskedCrc(content))
  return Buffer.concat([header, content, sum])
}

/** Whether a file begins with a record's length and its checksum. */
export const isRecord = (head: Buffer): boolean =>
  head.length >= headerLength && maskedCrc(head.subarray(0, 8)) === head.readUInt32LE(8)

const readLength = (header: Buffer, location: Location): number => {
  if (!isRecord(header))
    throw new Fault({
      _tag: 'BadValue',
      what: 'sum of the length',
      got: 'another sum',
      expected: 'the CRC-32C of the length before it',
      ...location,
    })
  const length = Number(header.readBigUInt64LE(0))
  if (length > longestRecord)
    throw new Fault({
      _tag: 'BadValue',
      what: 'length of the record',
      got: length,
      expected: `0 to ${longestRecord} bytes`,
      ...location,
    })
  return length
}

/**
 * The records of a file in order, counted from 0. One whose checksum does not match is refused; the next can be read.
 *
 * Errors  throws BadValue for an invalid length, and Truncated: reading cannot continue
 */
export async function* recordsOf(file: string, cursor: ByteReader): AsyncGenerator<Found> {
  for (let nth = 0; !(await cursor.atEnd()); nth++) {
    const location: Location = { file, entry: recordName(nth), offset: cursor.position() }
    const addEntry = (reason: unknown): never => {
      throw reason instanceof Fault && reason.fact._tag === 'Truncated'
        ? new Fault({ ...reason.fact, entry: location.entry })
        : reason
    }
    const length = readLength(await cursor.take(headerLength).catch(addEntry), location)
    const start = cursor.position()
    const contentAndSum = await cursor.take(length + sumLength).catch(addEntry)
    const content = contentAndSum.subarray(0, length)
    const fact = checkRecord(content, contentAndSum.readUInt32LE(length), location)
    yield fact === null ? { _tag: 'record', nth, start, content } : { _tag: 'refused', fact }
  }
}
