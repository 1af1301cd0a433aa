/** The encoded images of a folder or archive, in columns, so that a million of them fit in memory. */

import { readSync } from 'node:fs'
import { crc32, inflateRawSync } from 'node:zlib'
import { elementAt, valueAt } from '../../../io/element.js'
import { type DataError, Fault, type Location } from '../../error.js'
import { type LeftOut, noticeCounter } from '../../notices.js'
import { isHidden, partsOf } from './image-file.js'

/** Where an image lies in a zip archive, and how it is packed. */
export interface ZippedImage {
  /** Of its header. */
  readonly offset: number
  /** Bytes in the archive. */
  readonly packed: number
  /** Bytes unpacked. */
  readonly size: number
  /** 0: as it is; 8: deflated. */
  readonly method: number
  readonly crc32: number
}

/** The content of each image: in memory, in spans of one file, in a zip archive, or in files. */
export type Contents =
  | { readonly _tag: 'memory'; readonly pieces: readonly Buffer[] }
  | {
      readonly _tag: 'spans'
      readonly descriptor: number
      readonly starts: readonly number[]
      readonly sizes: readonly number[]
    }
  | { readonly _tag: 'zip'; readonly descriptor: number; readonly images: readonly ZippedImage[] }
  | { readonly _tag: 'files' }

export interface Listing {
  /** The archive or folder of the images. */
  readonly file: string
  /** Path of each image inside it. */
  readonly paths: readonly string[]
  /** Offset of each image's entry; empty for a folder. */
  readonly offsets: readonly number[]
  /** All folders, empty ones too. */
  readonly folders: readonly string[]
  readonly contents: Contents
  /** A checksum of the content where it was read, else of names and sizes. */
  readonly sum: string
  readonly refused: readonly DataError[]
  readonly leftOut: readonly LeftOut[]
  readonly close: () => Promise<void>
}

/** The most bytes of an encoded image. */
export const largestImage = 1 << 26

export const locationOf = ({ file, paths, offsets }: Listing, nth: number): Location => {
  const path = paths[nth] ?? ''
  return offsets.length === 0
    ? { file: `${file}/${path}`, entry: null, offset: 0 }
    : { file, entry: path, offset: elementAt(offsets, nth) }
}

const readSpan = (location: Location, descriptor: number, start: number, size: number): Buffer => {
  const piece = Buffer.alloc(size)
  const got = readSync(descriptor, piece, 0, size, start)
  if (got < size)
    throw new Fault({ _tag: 'Truncated', expected: start + size, ...location, offset: start + got })
  return piece
}

/** The length of a zip's header before its name. */
const zipHeader = 30

const badContent = (location: Location, got: string): Fault =>
  new Fault({ _tag: 'BadValue', ...location, what: 'content', got, expected: 'what the directory says' })

/** Errors  throws Truncated; BadValue where the content is not what the archive's directory says */
const readZipped = (location: Location, descriptor: number, image: ZippedImage): Buffer => {
  const { offset, packed, size, method } = image
  const header = readSpan(location, descriptor, offset, zipHeader)
  if (header.readUInt32LE(0) !== 0x04034b50) throw badContent(location, 'no header')
  const start = offset + zipHeader + header.readUInt16LE(26) + header.readUInt16LE(28)
  const content = readSpan(location, descriptor, start, packed)
  const unpacked = method === 0 ? content : inflate(location, content, size)
  if (unpacked.length !== size || crc32(unpacked) !== image.crc32) throw badContent(location, 'other bytes')
  return unpacked
}

/** Unpacks at most `size` bytes. */
const inflate = (location: Location, content: Buffer, size: number): Buffer => {
  try {
    return inflateRawSync(content, { maxOutputLength: Math.max(1, size) })
  } catch {
    throw badContent(location, 'another stream')
  }
}

/** An image's bytes, or the path of its file. Reads of spans block, but mostly hit the page cache. */
export const encodedOf = (listing: Listing, nth: number): Buffer | string => {
  const { contents } = listing
  switch (contents._tag) {
    case 'memory':
      return contents.pieces[nth] ?? Buffer.alloc(0)
    case 'files':
      return locationOf(listing, nth).file
    case 'zip': {
      const image = contents.images[nth]
      return image === undefined
        ? Buffer.alloc(0)
        : readZipped(locationOf(listing, nth), contents.descriptor, image)
    }
    case 'spans':
      return readSpan(
        locationOf(listing, nth),
        contents.descriptor,
        elementAt(contents.starts, nth),
        elementAt(contents.sizes, nth),
      )
  }
}

/** A folder as the names of its path. */
export type Folder = readonly string[]

/** The images of class folders and their subfolders, with their classes. */
export interface ClassifiedListing {
  /** The folder of the class folders. */
  readonly within: Folder
  readonly classes: readonly string[]
  readonly labels: Int32Array
  /** Index of each image in the listing. */
  readonly indices: Int32Array
  readonly empty: readonly DataError[]
  /** Images outside the class folders. */
  readonly outside: readonly LeftOut[]
}

const isWithin =
  (folder: Folder) =>
  (parts: readonly string[]): boolean =>
    folder.every((name, at) => parts[at] === name)

/** The deepest common folder of all images that lie in folders; `flat` where it has no subfolder with images. */
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

/** The names of folders directly in `within` that hold images. */
export const folderNames = ({ paths }: Listing, within: Folder): readonly string[] => {
  const inside = paths
    .map(partsOf)
    .filter(parts => parts.length > within.length + 1 && isWithin(within)(parts))
  return [...new Set(inside.map(parts => parts[within.length] ?? ''))].sort()
}

/** The images outside these folders. */
export const imagesOutside = (listing: Listing, folders: readonly Folder[]): readonly LeftOut[] => {
  const { leaveOut, leftOut } = noticeCounter(listing.file)
  for (const path of listing.paths)
    if (!folders.some(folder => isWithin(folder)(partsOf(path)))) leaveOut('beside the parts', path)
  return leftOut()
}

/**
 * Groups images by the class folders, `depth` levels below `within`, in the order of names; also finds class folders
 * without images. Names are in one Unicode form, since tools differ.
 */
export const groupByClass = (listing: Listing, within: Folder, depth: number): ClassifiedListing => {
  const level = within.length + depth
  const className = (parts: readonly string[]): string =>
    parts.slice(within.length, level).join('/').normalize('NFC')
  const { leaveOut, leftOut } = noticeCounter(listing.file)
  const indices: number[] = []
  const names: string[] = []
  for (const [nth, path] of listing.paths.entries()) {
    const parts = partsOf(path)
    if (!isWithin(within)(parts)) continue
    if (parts.length <= level) leaveOut('outside the classes', path)
    else {
      indices.push(nth)
      names.push(className(parts))
    }
  }
  const classes = [...new Set(names)].sort()
  const label = new Map(classes.map((name, nth) => [name, nth]))
  return {
    within,
    classes,
    labels: Int32Array.from(names, name => valueAt(label, name)),
    indices: Int32Array.from(indices),
    empty: listing.folders
      .map(partsOf)
      .filter(parts => parts.length === level && isWithin(within)(parts))
      .filter(parts => !isHidden(parts.at(-1) ?? '') && !label.has(className(parts)))
      .map(parts => ({ _tag: 'EmptyClass', folder: listing.file, name: parts.join('/') })),
    outside: leftOut(),
  }
}

/**
 * How many folders' names make up a class: as many levels as lie above every image; one, where folders of several parents
 * have the same name, as years do.
 */
export const findDepth = ({ paths }: Listing, within: Folder): number => {
  const folders = paths
    .map(partsOf)
    .filter(parts => parts.length > within.length + 1 && isWithin(within)(parts))
    .map(parts => parts.slice(within.length, -1))
  const depth = folders.reduce((least, { length }) => Math.min(least, length), Number.POSITIVE_INFINITY)
  if (!Number.isFinite(depth)) return 1
  const classes = new Set(folders.map(folder => folder.slice(0, depth).join('/')))
  const lastNames = new Set([...classes].map(name => name.split('/').at(-1)))
  return lastNames.size === classes.size ? depth : 1
}
