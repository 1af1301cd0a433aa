/** Opens a data set of images by a table of their paths and classes. */

import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { elementAt, valueAt } from '../../../io/element.js'
import { type DataError, Fault, factOf } from '../../error.js'
import { type OpenOptions, openInFolder, type Source } from '../../source.js'
import type { ImageCsv } from '../../spec.js'
import { type PartName, partNames, partNotices, rolesOf } from '../parts.js'
import { listEntries, mapInChunks, tooLarge } from './directory.js'
import { sourceOfParts } from './folder.js'
import { type Listing, largestImage } from './listing.js'
import { type ListedPart, type ListedParts, splitTest } from './split-test.js'
import { type Row, readTable, type Table } from './table.js'

/** An image of a table, with its file's state. */
interface TableImage extends Row {
  readonly stats: Stats
}

/** The file of a row, whose path may have been written on Windows. */
const fileOf = (folder: string, path: string): string =>
  resolve(folder, path.includes('/') ? path : path.replaceAll('\\', '/'))

/** The state of a row's file, or why it cannot be read. */
const inspect =
  (folder: string) =>
  async (row: Row): Promise<TableImage | DataError> => {
    const file = fileOf(folder, row.path)
    try {
      const stats = await stat(file)
      if (stats.size > largestImage) return tooLarge(file, stats.size)
      return { ...row, stats }
    } catch (reason) {
      return factOf(`${file} (row ${row.number})`)(reason)
    }
  }

/** A checksum of rows, and of the size and date of each file: content is read when it is decoded. */
const sumOf = (images: readonly TableImage[]): string => {
  const hash = createHash('sha256')
  for (const { path, label, part, stats } of images)
    hash.update(`${path}\0${label}\0${part}\0${stats.size}\0${stats.mtimeMs}\0`)
  return hash.digest('hex')
}

/** The images of a table, and the part of each. */
interface ListedTable {
  readonly whole: ListedPart
  readonly parts: readonly (PartName | null)[]
}

const listTable = async ({ file, rows, refused }: Table): Promise<ListedTable> => {
  const folder = dirname(resolve(file))
  const found = await mapInChunks(rows, inspect(folder))
  const images = found.flatMap(image => ('_tag' in image ? [] : [image]))
  const classes = [...new Set(images.map(({ label }) => label))].sort()
  const nth = new Map(classes.map((name, at) => [name, at]))
  const listing: Listing = {
    file: folder,
    paths: images.map(({ path }) => relative(folder, fileOf(folder, path))),
    offsets: [],
    folders: [],
    contents: { _tag: 'files' },
    sum: sumOf(images),
    refused: [...refused, ...found.flatMap(image => ('_tag' in image ? [image] : []))],
    leftOut: [],
    close: async () => undefined,
  }
  const whole: ListedPart = {
    listing,
    within: [],
    classes,
    labels: Int32Array.from(images, ({ label }) => valueAt(nth, label)),
    indices: Int32Array.from(images.keys()),
    empty: [],
    outside: [],
  }
  return { whole, parts: images.map(({ part }) => part) }
}

const selectRows = (whole: ListedPart, rows: readonly number[]): ListedPart => ({
  ...whole,
  labels: Int32Array.from(rows, row => elementAt(whole.labels, row)),
  indices: Int32Array.from(rows, row => elementAt(whole.indices, row)),
})

/** The parts that a table's own column names, else a split. */
const partsOfTable = (spec: ImageCsv, { whole, parts }: ListedTable): ListedParts => {
  const roles = rolesOf(part => {
    const rows = [...parts.keys()].filter(row => parts[row] === part)
    return rows.length === 0 ? undefined : selectRows(whole, rows)
  })
  if (roles === null) return splitTest(spec, whole, [])
  const validation = roles.validation?.indices.length ?? null
  return { parts: roles, notices: partNotices(spec.name, '', validation) }
}

const noTable = (folder: string, found: readonly string[]): Fault =>
  new Fault({ _tag: 'PartsMissing', data: 'imageCsv', folder, found })

/** The tables of a folder by part, or its only one. Errors  rejects with PartsMissing */
const listFolder = async (spec: ImageCsv, folder: string): Promise<ListedParts> => {
  const { files } = await listEntries(folder)
  const list = async (name: string) => listTable(await readTable(join(folder, name), spec.columns))
  const nameOf = (part: PartName) =>
    files.find(file => partNames[part].some(name => file.toLowerCase() === `${name}.csv`))
  const names = rolesOf(nameOf)
  if (names !== null) {
    const validation = names.validation === null ? null : (await list(names.validation)).whole
    const parts = { train: (await list(names.train)).whole, test: (await list(names.test)).whole, validation }
    return { parts, notices: partNotices(spec.name, names.test, validation?.indices.length ?? null) }
  }
  const [only, other] = files.filter(name => /\.csv$/i.test(name))
  if (only === undefined || other !== undefined) throw noTable(folder, files)
  return partsOfTable(spec, await list(only))
}

const listParts = async (spec: ImageCsv, path: string): Promise<ListedParts> =>
  (await stat(path)).isDirectory()
    ? listFolder(spec, path)
    : partsOfTable(spec, await listTable(await readTable(path, spec.columns)))

/**
 * Lists the images of a table, which are decoded later.
 *
 * Errors  PartsMissing; BadStream and BadValue with the row; ReadFailed of an image that is not there
 */
export const openCsv = (options: OpenOptions, spec: ImageCsv): TE.TaskEither<DataError, Source> =>
  openInFolder(options, spec.name, 'table', async path =>
    sourceOfParts(options, spec, await listParts(spec, path)),
  )
