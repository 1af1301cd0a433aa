/** The images a folder or an archive holds, still encoded: column by column, so that a million of them fit. */
import { readSync } from 'node:fs'
import { type DataError, Fault, type Place } from '../../error.js'
import { counting, type LeftOut } from '../../notices.js'
import { isHidden, partsOf } from './image-file.js'

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
  readonly leftOut: readonly LeftOut[]
  readonly close: () => Promise<void>
}

/** Larger than any image of a data set, encoded. */
export const largestImage = 1 << 26

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

/** Images by class: the class folder each one is in, however deep. */
export interface ClassifiedListing {
  readonly classes: readonly string[]
  readonly labels: Int32Array
  /** Which image of the listing each one is. */
  readonly indices: Int32Array
  readonly empty: readonly DataError[]
  /** Images outside the class folders. */
  readonly outside: readonly LeftOut[]
}

/** A folder as the names that lead to it. */
export type Folder = readonly string[]

const isWithin =
  (folder: Folder) =>
  (parts: readonly string[]): boolean =>
    folder.every((name, at) => parts[at] === name)

/** The deepest folder that every image in a folder lies in; whether nothing but images is in it. */
export const commonFolder = ({ paths }: Listing): { readonly folder: Folder; readonly flat: boolean } => {
  const folders = paths.map(path => partsOf(path).slice(0, -1)).filter(({ length }) => length > 0)
  const [first = [], ...rest] = folders
  let length = first.length
  for (const folder of rest) {
    let same = 0
    while (same < length && folder[same] === first[same]) same++
    length = same
  }
  return { folder: first.slice(0, length), flat: folders.every(folder => folder.length === length) }
}

/** The names of folders that hold images, directly in `isInside`. */
export const namesIn = ({ paths }: Listing, within: Folder): readonly string[] => {
  const inside = paths
    .map(partsOf)
    .filter(parts => parts.length > within.length + 1 && isWithin(within)(parts))
  return [...new Set(inside.map(parts => parts[within.length] ?? ''))].sort()
}

/** The images that lie in none of these folders. */
export const outsideOf = (listing: Listing, folders: readonly Folder[]): readonly LeftOut[] => {
  const { leaveOut, leftOut } = counting(listing.file)
  for (const path of listing.paths)
    if (!folders.some(folder => isWithin(folder)(partsOf(path)))) leaveOut('beside the parts', path)
  return leftOut()
}

/** Whatever tool wrote the name, in one form of Unicode. */
const classOf = (within: Folder, parts: readonly string[]): string =>
  (parts[within.length] ?? '').normalize('NFC')

/** The images whose class folder lies in `isInside`, classes in the order of names; and the class folders without any. */
export const groupByClass = (listing: Listing, within: Folder): ClassifiedListing => {
  const { leaveOut, leftOut } = counting(listing.file)
  const chosen: number[] = []
  const names: string[] = []
  for (const [nth, path] of listing.paths.entries()) {
    const parts = partsOf(path)
    if (!isWithin(within)(parts)) continue
    if (parts.length < within.length + 2) leaveOut('outside the classes', path)
    else {
      chosen.push(nth)
      names.push(classOf(within, parts))
    }
  }
  const classes = [...new Set(names)].sort()
  const label = new Map(classes.map((name, nth) => [name, nth]))
  return {
    classes,
    labels: Int32Array.from(names, name => label.get(name) ?? 0),
    indices: Int32Array.from(chosen),
    empty: listing.folders
      .map(partsOf)
      .filter(parts => parts.length === within.length + 1 && isWithin(within)(parts))
      .filter(parts => !isHidden(parts.at(-1) ?? '') && !label.has(classOf(within, parts)))
      .map(parts => ({ _tag: 'EmptyClass', folder: listing.file, name: parts.join('/') })),
    outside: leftOut(),
  }
}
