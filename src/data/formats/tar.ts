/** Reads tar archives front to back, without writing any file. */

import { elementAt } from '../../io/element.js'
import { type DataError, Fault, type Location } from '../error.js'
import type { ByteReader } from './byte-reader.js'

/** A file or a folder in an archive. */
export interface Entry {
  readonly kind: 'file' | 'folder'
  readonly name: string
  /** Offset of its header in the unpacked archive. */
  readonly offset: number
  /** Offset of its content. */
  readonly start: number
  readonly size: number
}

/** An entry, or why it was refused; the entries after it can still be read. */
export type Found =
  | { readonly _tag: 'entry'; readonly entry: Entry; readonly content: () => Promise<Buffer> }
  | { readonly _tag: 'refused'; readonly fact: DataError }

const block = 512

/** The most bytes of a long name or an extended header. */
const maxNameLength = 1 << 16

const padToBlock = (size: number): number => Math.ceil(size / block) * block

const readText = (header: Buffer, from: number, length: number): string => {
  const field = header.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

/** A number in octal digits, or binary where its first bit is set. */
const readNumber = (header: Buffer, from: number, length: number): number => {
  const first = elementAt(header, from)
  if ((first & 0x80) === 0) return Number.parseInt(readText(header, from, length).trim() || '0', 8)
  return header.subarray(from + 1, from + length).reduce((value, byte) => value * 256 + byte, first & 0x7f)
}

/** The checksum of a header; its own eight digits count as spaces. */
const headerSum = (header: Buffer): number =>
  header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0)

/** The records `length key=value` of an extended header. */
const readRecords = (body: Buffer): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(32, at)
    const length = Number.parseInt(body.toString('latin1', at, space), 10)
    if (space < 0 || !(length > 0)) break
    const [key = '', ...value] = body.toString('utf8', space + 1, at + length - 1).split('=')
    found.set(key, value.join('='))
    at += length
  }
  return found
}

const nameOf = (header: Buffer): string => {
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? readText(header, 345, 155) : ''
  return prefix === '' ? readText(header, 0, 100) : `${prefix}/${readText(header, 0, 100)}`
}

const leavesFolder = (name: string): boolean =>
  name.startsWith('/') ||
  name.startsWith('\\') ||
  /^[A-Za-z]:/.test(name) ||
  name.split(/[/\\]/).includes('..')

const findUnsafe = (location: Location, kind: string): DataError | null =>
  leavesFolder(location.entry ?? '')
    ? { _tag: 'UnsafeEntry', kind: 'leaves its folder', ...location }
    : kind === '1' || kind === '2'
      ? { _tag: 'UnsafeEntry', kind: 'link', ...location }
      : kind === '3' || kind === '4' || kind === '6'
        ? { _tag: 'UnsafeEntry', kind: 'device', ...location }
        : null

const badValue = (location: Location, what: string, got: number | string, expected: string): DataError => ({
  _tag: 'BadValue',
  what,
  got,
  expected,
  ...location,
})

/** Adds the entry's name to the error of a read. */
const withEntry =
  (entry: string) =>
  (reason: unknown): never => {
    throw reason instanceof Fault && 'entry' in reason.fact ? new Fault({ ...reason.fact, entry }) : reason
  }

/** Fields of the next entry that an extended header or long name overrides. */
interface Overrides {
  readonly name?: string
  readonly size?: number
}

const noOverrides: Overrides = {}

const readOverrides = (kind: string, body: Buffer): Overrides => {
  if (kind === 'L') return { name: readText(body, 0, body.length) }
  const records = kind === 'x' ? readRecords(body) : new Map<string, string>()
  const [name, size] = [records.get('path'), records.get('size')]
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { size: Number(size) }) }
}

/** A block that is no header of an entry: the first of a file, without the word of tar, says that it is no archive. */
const badHeader = (location: Location, header: Buffer): DataError =>
  location.offset === 0 && header.toString('latin1', 257, 262) !== 'ustar'
    ? badValue(location, 'content', 'another file', 'a tar or zip archive, or the path of a folder')
    : badValue(location, 'header', 'another sum', 'the header of an entry')

/**
 * The entries of an archive in order. An entry larger than `most` bytes is refused before it is read.
 *
 * Errors  throws Truncated, BadStream, or BadValue for an invalid header: reading cannot continue
 */
export async function* entriesOf(file: string, cursor: ByteReader, most: number): AsyncGenerator<Found> {
  let overrides = noOverrides
  while (!(await cursor.atEnd())) {
    const offset = cursor.position()
    const header = Buffer.from(await cursor.take(block))
    if (header.every(byte => byte === 0)) return
    const name = overrides.name ?? nameOf(header)
    const kind = String.fromCharCode(elementAt(header, 156))
    const size = '123456'.includes(kind) ? 0 : (overrides.size ?? readNumber(header, 124, 12))
    const location: Location = { file, entry: name, offset }
    if (readNumber(header, 148, 8) !== headerSum(header))
      throw new Fault(badHeader({ ...location, entry: null }, header))
    if (!Number.isSafeInteger(size) || size < 0)
      throw new Fault(badValue(location, 'size', size, `0 to ${most} bytes`))
    const start = cursor.position()
    if ('xgLK'.includes(kind)) {
      if (size > maxNameLength)
        throw new Fault(badValue(location, 'size of an extended header', size, `0 to ${maxNameLength} bytes`))
      const body = Buffer.from((await cursor.take(padToBlock(size))).subarray(0, size))
      overrides = { ...overrides, ...readOverrides(kind, body) }
      continue
    }
    overrides = noOverrides
    const fact =
      findUnsafe(location, kind) ??
      (size > most ? badValue(location, 'size', size, `0 to ${most} bytes`) : null)
    if (fact !== null) yield { _tag: 'refused', fact }
    else
      yield {
        _tag: 'entry',
        entry: { kind: kind === '5' ? 'folder' : 'file', name, offset, start, size },
        content: () => cursor.take(size).then(content => Buffer.from(content), withEntry(name)),
      }
    await cursor.skip(start + padToBlock(size) - cursor.position()).catch(withEntry(name))
  }
}
