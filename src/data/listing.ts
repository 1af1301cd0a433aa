/** The images a folder or an archive holds, still encoded: column by column, so that a million of them fit. */
import { readSync } from 'node:fs'
import { type DataError, Fault, type Place } from './error.js'

/** Where the content of each image is. */
export type Contents =
  | { readonly _tag: 'memory'; readonly pieces: readonly Buffer[] }
  | {
      readonly _tag: 'spans'
      readonly descriptor: number
      readonly starts: readonly number[]
      readonly sizes: readonly number[]
    }
  | { readonly _tag: 'files' }

export interface Listing {
  /** The file the images are in, or the folder. */
  readonly file: string
  /** Of each image, inside it. */
  readonly paths: readonly string[]
  /** Where each image's entry begins; none for a folder. */
  readonly offsets: readonly number[]
  /** Every folder named, whatever is in it. */
  readonly folders: readonly string[]
  readonly contents: Contents
  /** What names all the content: its own sum where it was read, else that of names and sizes. */
  readonly sum: string
  readonly refused: readonly DataError[]
  readonly close: () => Promise<void>
}

/** Larger than any image of a data set, encoded. */
export const largestImage = 1 << 26

/** The parts of a path, without those that say nothing. */
export const partsOf = (path: string): readonly string[] =>
  path.split('/').filter(part => part !== '' && part !== '.')

/** Whether a path is an image's, by its ending; hidden files are not. */
export const isImage = (path: string): boolean => {
  const parts = partsOf(path)
  return /\.(jpe?g|png|webp)$/i.test(path) && !parts.some(part => part.startsWith('.') || part === '__MACOSX')
}

export const placeOf = ({ file, paths, offsets }: Listing, nth: number): Place => {
  const path = paths[nth] ?? ''
  return offsets.length === 0
    ? { file: `${file}/${path}`, entry: null, offset: 0 }
    : { file, entry: path, offset: offsets[nth] ?? 0 }
}

const readSpan = (place: Place, descriptor: number, start: number, size: number): Buffer => {
  const piece = Buffer.alloc(size)
  const got = readSync(descriptor, piece, 0, size, start)
  if (got < size) throw new Fault({ _tag: 'Truncated', wanted: start + size, ...place, offset: start + got })
  return piece
}

/** An image's bytes, or the path of its file. Reads of spans block: the page cache holds what is in use. */
export const encodedOf = (listing: Listing, nth: number): Buffer | string => {
  const { contents } = listing
  switch (contents._tag) {
    case 'memory':
      return contents.pieces[nth] ?? Buffer.alloc(0)
    case 'files':
      return placeOf(listing, nth).file
    case 'spans':
      return readSpan(
        placeOf(listing, nth),
        contents.descriptor,
        contents.starts[nth] ?? 0,
        contents.sizes[nth] ?? 0,
      )
  }
}

/** Images by class: the folder each one is in. */
export interface Classed {
  readonly classes: readonly string[]
  readonly labels: Int32Array
  /** Which image of the listing each one is. */
  readonly indices: Int32Array
  readonly empty: readonly DataError[]
}

const parentOf = (parts: readonly string[]): string => parts.slice(0, -1).join('/')

/**
 * The images whose class folder is in a folder of one of these names (any, where none is given), and the class
 * folders beside theirs that hold none. Classes are in the order of their names.
 */
export const classed = (listing: Listing, within: readonly string[]): Classed => {
  const known = new Map<string, string>()
  const chosen: number[] = []
  const folderOf: string[] = []
  listing.paths.forEach((path, nth) => {
    const parts = partsOf(path)
    if (parts.length < 2 || (within.length > 0 && !within.includes(parts.at(-3) ?? ''))) return
    const folder = parentOf(parts)
    known.set(folder, known.get(folder) ?? folder)
    chosen.push(nth)
    folderOf.push(known.get(folder) ?? folder)
  })
  const nameOf = (folder: string): string => partsOf(folder).at(-1) ?? ''
  const classes = [...new Set([...known.keys()].map(nameOf))].sort()
  const label = new Map(classes.map((name, nth) => [name, nth]))
  const beside = new Set([...known.keys()].map(folder => parentOf(partsOf(folder))))
  const isEmpty = (folder: string) =>
    !known.has(folder) && !nameOf(folder).startsWith('.') && beside.has(parentOf(partsOf(folder)))
  return {
    classes,
    labels: Int32Array.from(folderOf, folder => label.get(nameOf(folder)) ?? 0),
    indices: Int32Array.from(chosen),
    empty: listing.folders
      .map(folder => partsOf(folder).join('/'))
      .filter(folder => folder !== '' && isEmpty(folder))
      .map(folder => ({ _tag: 'EmptyClass' as const, folder: listing.file, name: folder })),
  }
}
