/** Tar archives read front to back: what is in them and where, with nothing written anywhere. */

import { type DataError, Fault, type Place } from '../error.js'
import type { ByteReader } from './byte-reader.js'

/** A file or a folder in an archive. */
export interface Entry {
  readonly kind: 'file' | 'folder'
  readonly name: string
  /** Of its header, in the unpacked archive. */
  readonly offset: number
  /** Of its content. */
  readonly start: number
  readonly size: number
}

/** An entry whose content may be taken, or what is wrong with it; the entries behind it can be read all the same. */
export type Found =
  | { readonly _tag: 'entry'; readonly entry: Entry; readonly content: () => Promise<Buffer> }
  | { readonly _tag: 'refused'; readonly fact: DataError }

const block = 512

/** Long names and extended headers are short: what claims more is not one. */
const longestName = 1 << 16

const padded = (size: number): number => Math.ceil(size / block) * block

const text = (header: Buffer, from: number, length: number): string => {
  const field = header.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? length : end)
}

/** A number in octal digits, or in binary where its first bit is set. */
const number = (header: Buffer, from: number, length: number): number => {
  const first = header[from] ?? 0
  if ((first & 0x80) === 0) return Number.parseInt(text(header, from, length).trim() || '0', 8)
  return header.subarray(from + 1, from + length).reduce((value, byte) => value * 256 + byte, first & 0x7f)
}

/** The sum of a header's bytes, its own eight digits counted as spaces. */
const sumOf = (header: Buffer): number =>
  header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0)

/** The records `length key=value` of an extended header. */
const extended = (body: Buffer): ReadonlyMap<string, string> => {
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
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header, 345, 155) : ''
  return prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`
}

const leaves = (name: string): boolean =>
  name.startsWith('/') ||
  name.startsWith('\\') ||
  /^[A-Za-z]:/.test(name) ||
  name.split(/[/\\]/).includes('..')

const unsafe = (place: Place, kind: string): DataError | null =>
  leaves(place.entry ?? '')
    ? { _tag: 'UnsafeEntry', kind: 'leaves its folder', ...place }
    : kind === '1' || kind === '2'
      ? { _tag: 'UnsafeEntry', kind: 'link', ...place }
      : kind === '3' || kind === '4' || kind === '6'
        ? { _tag: 'UnsafeEntry', kind: 'device', ...place }
        : null

const impossible = (place: Place, what: string, got: number | string, wanted: string): DataError => ({
  _tag: 'BadValue',
  what,
  got,
  wanted,
  ...place,
})

/** Names the entry in what ended a read of it. */
const naming =
  (entry: string) =>
  (reason: unknown): never => {
    throw reason instanceof Fault && 'entry' in reason.fact ? new Fault({ ...reason.fact, entry }) : reason
  }

/** What an extended header or long name says of the entry behind it. */
interface Said {
  readonly name?: string
  readonly size?: number
}

const nothingSaid: Said = {}

const saying = (kind: string, body: Buffer): Said => {
  if (kind === 'L') return { name: text(body, 0, body.length) }
  const records = kind === 'x' ? extended(body) : new Map<string, string>()
  const [name, size] = [records.get('path'), records.get('size')]
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { size: Number(size) }) }
}

/**
 * Every entry of an archive in order. An entry larger than `most` bytes is refused before it is read.
 *
 * Errors  fails with Truncated, BadStream, or BadValue for a header that is none: there is no way past them
 */
export async function* entriesOf(file: string, cursor: ByteReader, most: number): AsyncGenerator<Found> {
  let said = nothingSaid
  while (!(await cursor.atEnd())) {
    const offset = cursor.position()
    const header = Buffer.from(await cursor.take(block))
    if (header.every(byte => byte === 0)) return
    const name = said.name ?? nameOf(header)
    const kind = String.fromCharCode(header[156] ?? 0)
    const size = '123456'.includes(kind) ? 0 : (said.size ?? number(header, 124, 12))
    const place: Place = { file, entry: name, offset }
    if (number(header, 148, 8) !== sumOf(header))
      throw new Fault(
        impossible({ ...place, entry: null }, 'header', 'another sum', 'the header of an entry'),
      )
    if (!Number.isSafeInteger(size) || size < 0)
      throw new Fault(impossible(place, 'size', size, `0 to ${most} bytes`))
    const start = cursor.position()
    if ('xgLK'.includes(kind)) {
      if (size > longestName)
        throw new Fault(impossible(place, 'size of an extended header', size, `0 to ${longestName} bytes`))
      const body = Buffer.from((await cursor.take(padded(size))).subarray(0, size))
      said = { ...said, ...saying(kind, body) }
      continue
    }
    said = nothingSaid
    const fact =
      unsafe(place, kind) ?? (size > most ? impossible(place, 'size', size, `0 to ${most} bytes`) : null)
    if (fact !== null) yield { _tag: 'refused', fact }
    else
      yield {
        _tag: 'entry',
        entry: { kind: kind === '5' ? 'folder' : 'file', name, offset, start, size },
        content: () => cursor.take(size).then(content => Buffer.from(content), naming(name)),
      }
    await cursor.skip(start + padded(size) - cursor.position()).catch(naming(name))
  }
}
