/** Reads tables of images: the path, the class and perhaps the part of each row. */

import { readFile, stat } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { messageOf } from '../../../io/exception.js'
import { type DataError, Fault } from '../../error.js'
import type { ImageCsv } from '../../spec.js'
import { isPart, type PartName } from '../parts.js'
import { imageExtensions } from './image-file.js'

/** A row of a table; `part` is null where the table does not say. */
export interface Row {
  /** Counted from 1, the header too. */
  readonly number: number
  readonly path: string
  readonly label: string
  readonly part: PartName | null
}

/** The rows that can be read, and why others cannot. */
export interface Table {
  readonly file: string
  readonly rows: readonly Row[]
  readonly refused: readonly DataError[]
}

/** The most bytes of a table: a few million rows. */
const largestTable = 2 ** 28

type Column = keyof ImageCsv['columns']

/** Usual names of columns, in lower case. */
const usualNames: { readonly [C in Column]: readonly string[] } = {
  path: ['path', 'file', 'filename', 'file_name', 'filepath', 'image', 'image_path', 'img'],
  label: ['label', 'class', 'class_name', 'category', 'target', 'y'],
  part: ['split', 'part', 'set', 'subset', 'partition'],
}

const badValue = (file: string, row: number, what: string, got: string, expected: string): DataError => ({
  _tag: 'BadValue',
  file,
  entry: `row ${row}`,
  offset: null,
  what,
  got: got === '' ? 'nothing' : got,
  expected,
})

/** The text of a table. Errors  throws BadValue where it is neither UTF-8 nor, as its first bytes say, UTF-16 */
const textOf = (file: string, bytes: Uint8Array): string => {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new Fault(
      badValue(file, 1, 'text', 'another encoding', 'UTF-8, which spreadsheets write on request'),
    )
  }
}

/** What is between the fields: a comma, or what the first line has in its place. */
const delimiterOf = (text: string): string => {
  const [first = ''] = text.split('\n', 1)
  return [',', '\t', ';'].find(each => first.includes(each)) ?? ','
}

const parseRows = async (file: string): Promise<readonly (readonly string[])[]> => {
  const { size } = await stat(file)
  if (size > largestTable)
    throw new Fault(badValue(file, 1, 'size', `${size}`, `at most ${largestTable} bytes`))
  const text = textOf(file, await readFile(file))
  const delimiter = delimiterOf(text)
  const options = { delimiter, trim: true, skip_empty_lines: true, relax_column_count: true }
  try {
    return parse(text, options) as string[][] // rows of strings, without the option `columns`
  } catch (reason) {
    throw new Fault({ _tag: 'BadStream', file, entry: null, offset: 0, reason: messageOf(reason) })
  }
}

/** Where each column is; −1 for a part that is not there. */
type Places = { readonly [C in Column]: number }

/** A table without a header has the path of an image in its first row. */
const placesWithoutHeader = (first: readonly string[]): Places | null => {
  const path = first.findIndex(field => imageExtensions.test(field))
  return path < 0 || first.length < 2 ? null : { path, label: path === 0 ? 1 : 0, part: -1 }
}

/** Errors  throws BadValue with the names there are where a column is not among them */
const placesByHeader = (file: string, header: readonly string[], columns: ImageCsv['columns']): Places => {
  const lower = header.map(name => name.toLowerCase())
  const find = (column: Column): number => {
    const named = columns[column]
    if (named !== null) return header.indexOf(named)
    return lower.findIndex(name => usualNames[column].includes(name))
  }
  const places = { path: find('path'), label: find('label'), part: find('part') }
  for (const column of ['path', 'label', 'part'] as const)
    if (places[column] < 0 && (column !== 'part' || columns.part !== null))
      throw new Fault(
        badValue(
          file,
          1,
          'header',
          header.join(', '),
          `a column ${columns[column] ?? usualNames[column].slice(0, 3).join(' or ')}, or columns: { ${column}: … } in the data`,
        ),
      )
  return places
}

const partOf = (text: string): PartName | null =>
  (['train', 'test', 'validation'] as const).find(part => isPart(part)(text)) ?? null

/** A row, or why it is none. */
const readRow = (
  file: string,
  fields: readonly string[],
  number: number,
  places: Places,
): Row | DataError => {
  const [path = '', label = '', text = ''] = [fields[places.path], fields[places.label], fields[places.part]]
  if (path === '') return badValue(file, number, 'path', '', 'the path of an image')
  if (label === '') return badValue(file, number, 'label', '', 'the name of a class')
  const part = partOf(text)
  return part === null && places.part >= 0
    ? badValue(file, number, 'part', text, 'train, val or test')
    : { number, path, label: label.normalize('NFC'), part }
}

/** Errors  rejects with BadStream where the file is no CSV; with BadValue where a column is missing */
export const readTable = async (file: string, columns: ImageCsv['columns']): Promise<Table> => {
  const all = await parseRows(file)
  const [first = []] = all
  const isNamed = Object.values(columns).some(column => column !== null)
  const headless = isNamed ? null : placesWithoutHeader(first)
  const places = headless ?? placesByHeader(file, first, columns)
  const skipped = headless === null ? 1 : 0
  const rows: Row[] = []
  const refused: DataError[] = []
  for (const [nth, fields] of all.slice(skipped).entries()) {
    const row = readRow(file, fields, nth + 1 + skipped, places)
    if ('_tag' in row) refused.push(row)
    else rows.push(row)
  }
  if (all.length === skipped) throw new Fault(badValue(file, skipped + 1, 'path', '', 'the path of an image'))
  return { file, rows, refused }
}
