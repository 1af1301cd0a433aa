/** TensorBoard's event file: a TFRecord an event, which is appended to, and cut back to what a log holds. */
import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { encodeRecord, isRecord } from '../../data/formats/tfrecord/record.js'
import type { FileError } from '../../io/error.js'
import { fileFailed } from '../../io/files.js'
import { type BoardEvent, encodeEvent, wallTimeBytes } from './schema.js'

/** Seconds since 1970. */
const wallTime = (): number => Date.now() / 1000

const encodeEvents = (events: readonly BoardEvent[]): Buffer =>
  Buffer.concat(events.map(event => encodeRecord(encodeEvent(event, wallTime()))))

const [headerLength, sumLength] = [12, 4]

/** The bytes of the event whose record begins at `at`; `null` where none does, or it is not whole. */
const eventAt = (bytes: Buffer, at: number): Buffer | null => {
  const head = bytes.subarray(at, at + headerLength)
  if (!isRecord(head)) return null
  const length = Number(head.readBigUInt64LE(0))
  const content = bytes.subarray(at + headerLength, at + headerLength + length)
  return at + headerLength + length + sumLength <= bytes.length ? content : null
}

/** Any moment but 0, which would not be written. */
const anyMoment = 1

const isSame = (written: Buffer, event: BoardEvent): boolean =>
  written.subarray(wallTimeBytes).equals(encodeEvent(event, anyMoment).subarray(wallTimeBytes))

/** How many of the events a file begins with, and their bytes; moments do not count. */
const commonStart = (bytes: Buffer, events: readonly BoardEvent[]) => {
  let [at, count] = [0, 0]
  for (const event of events) {
    const written = eventAt(bytes, at)
    if (written === null || !isSame(written, event)) break
    at += headerLength + written.length + sumLength
    count++
  }
  return { at, count }
}

/**
 * Makes a file hold these events alone: those that it begins with stay, with the moments at which they were written.
 *
 * Errors  FileMissing, FileFailed
 * Law     no event is in it twice, whatever it held
 */
export const holdEvents = (file: string, events: readonly BoardEvent[]): E.Either<FileError, void> =>
  E.tryCatch(() => {
    if (!existsSync(file)) writeFileSync(file, '')
    const { at, count } = commonStart(readFileSync(file), events)
    truncateSync(file, at)
    appendFileSync(file, encodeEvents(events.slice(count)))
  }, fileFailed(file))

/** Errors  FileMissing, FileFailed */
export const appendEvents = (file: string, events: readonly BoardEvent[]): E.Either<FileError, void> =>
  E.tryCatch(() => appendFileSync(file, encodeEvents(events)), fileFailed(file))
