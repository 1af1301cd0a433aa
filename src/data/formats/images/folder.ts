/** A data set of class folders: `train`, `test` and maybe `val`, each a folder or an archive, or all in one archive. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Shape } from '../../../net/shape.js'
import { type DataError, Fault, factOf } from '../../error.js'
import { counting, type LeftOut, type Notice } from '../../notices.js'
import { memoryOf, type OpenOptions, reportOf, type Source } from '../../source.js'
import type { ImageFolder } from '../../spec.js'
import {
  isPart,
  mapRoles,
  type PartName,
  partNames,
  partNotices,
  partsIn,
  type Roles,
  rolesOf,
} from '../parts.js'
import { checksumOf } from '../streams.js'
import { listArchive } from './archive.js'
import { decodeImage } from './decode.js'
import { type Inside, listDirectory, lookInto } from './directory.js'
import type { EncodedImages } from './encoded-images.js'
import { kindOfFile } from './image-file.js'
import {
  type ClassifiedListing,
  commonFolder,
  encodedOf,
  type Folder,
  groupByClass,
  type Listing,
  namesIn,
  outsideOf,
  placeOf,
} from './listing.js'

const endings = ['.tar.gz', '.tgz', '.tar']

/** Images of one part, and the listing they are in. */
interface Shelf extends ClassifiedListing {
  readonly listing: Listing
}

/** What a set's folder, or its one archive, holds. */
interface Shelves {
  readonly parts: Roles<Shelf>
  /** By which name the test part goes. */
  readonly test: string
  readonly leftOut: readonly LeftOut[]
}

const missing = (folder: string, found: readonly string[] | null, classes: boolean): Fault =>
  new Fault({ _tag: 'PartsMissing', data: 'imageFolder', folder, found, classes })

const isAnyPart = (name: string): boolean =>
  isPart('train')(name) || isPart('test')(name) || isPart('validation')(name)

/** The folder that the classes of one part lie in: in an archive, below what else it is wrapped in. */
const classesIn = (listing: Listing): Folder => {
  const { folder, flat } = commonFolder(listing)
  const named = folder.findLastIndex(isAnyPart)
  if (named >= 0) return folder.slice(0, named + 1)
  return listing.offsets.length === 0 ? [] : flat ? folder.slice(0, -1) : folder
}

const listPart =
  (options: OpenOptions) =>
  async (path: string): Promise<Shelf> => {
    const list = (await stat(path)).isDirectory() ? listDirectory : listArchive
    const listing = await list(path, memoryOf(options), reportOf(options))
    return { listing, ...groupByClass(listing, classesIn(listing)) }
  }

/** Whether images lie directly in a folder, as in that of a class. */
const holdsImages = (folder: string): Promise<boolean> =>
  readdir(folder).then(
    names => names.some(name => kindOfFile(name) === 'image'),
    () => false,
  )

/** The name of one part: of its folder, or else of its archive. */
const findPart =
  ({ folders, files }: Inside) =>
  (part: PartName): string | undefined =>
    partNames[part]
      .flatMap(name => [
        folders.find(found => found.toLowerCase() === name),
        ...endings.map(ending => files.find(found => found.toLowerCase() === `${name}${ending}`)),
      ])
      .find(found => found !== undefined)

/** Why a folder has not the parts it needs. */
const missingIn = async (folder: string, { folders, files }: Inside): Promise<Fault> => {
  const direct = await Promise.all(folders.map(name => holdsImages(join(folder, name))))
  const classes = folders.filter((name, nth) => direct[nth] && !isAnyPart(name))
  return classes.length > 1 ? missing(folder, classes, true) : missing(folder, [...folders, ...files], false)
}

/** Folders, archives and images that are none of the parts. */
const besideParts = (
  folder: string,
  { folders, files, brokenLinks }: Inside,
  used: readonly string[],
): readonly LeftOut[] => {
  const { leaveOut, leftOut } = counting(folder)
  for (const name of brokenLinks) leaveOut('broken link', name)
  const isArchive = (name: string) => endings.some(ending => name.toLowerCase().endsWith(ending))
  const others = files.filter(name => isArchive(name) || kindOfFile(name) === 'image')
  for (const name of [...folders, ...others]) if (!used.includes(name)) leaveOut('beside the parts', name)
  return leftOut()
}

/** The parts in a folder. */
const listFolder = async (folder: string, options: OpenOptions): Promise<Shelves> => {
  const inside = await lookInto(folder)
  const roles = rolesOf(findPart(inside))
  if (roles === null) throw await missingIn(folder, inside)
  const open: Shelf[] = []
  try {
    const parts = await mapRoles(async (name: string) => {
      const shelf = await listPart(options)(join(folder, name))
      open.push(shelf)
      return shelf
    })(roles)
    return { parts, test: roles.test, leftOut: besideParts(folder, inside, partsIn(roles)) }
  } catch (reason) {
    await closing(open)()
    throw reason
  }
}

/** The parts in one archive. */
const listWhole = async (file: string, options: OpenOptions): Promise<Shelves> => {
  const listing = await listArchive(file, memoryOf(options), reportOf(options))
  const { folder: common } = commonFolder(listing)
  const part = common.findIndex(isAnyPart)
  const top = part < 0 ? common : common.slice(0, part)
  const names = namesIn(listing, top)
  const roles = rolesOf(part => names.find(isPart(part)))
  if (roles === null) {
    await listing.close()
    throw missing(file, names, false)
  }
  const folderOf = (name: string): Folder => [...top, name]
  const parts = await mapRoles(async (name: string) => ({
    listing,
    ...groupByClass(listing, folderOf(name)),
  }))(roles)
  return { parts, test: roles.test, leftOut: outsideOf(listing, partsIn(roles).map(folderOf)) }
}

const list = async (folder: string, options: OpenOptions): Promise<Shelves> => {
  const state = await stat(folder).catch(() => null)
  if (state === null) throw missing(folder, null, false)
  return (state.isDirectory() ? listFolder : listWhole)(folder, options)
}

/** What is found of listings, each listing counted once. */
const each = <A>(shelves: readonly Shelf[], of: (listing: Listing) => readonly A[]): readonly A[] =>
  [...new Set(shelves.map(({ listing }) => listing))].flatMap(of)

/** A part without a class folder that has an image. */
const noClasses = ({ listing: { file, paths, leftOut } }: Shelf): DataError => ({
  _tag: 'ClassesMissing',
  folder: file,
  found: [...paths, ...leftOut.map(({ first }) => first)],
})

/** The labels of a part by the names of the training classes. */
const renamed = (train: Shelf, part: Shelf): Int32Array => {
  const unknown = part.classes.find(name => !train.classes.includes(name))
  if (unknown !== undefined)
    throw new Fault({
      _tag: 'PartsDiffer',
      what: 'classes',
      first: { file: train.listing.file, got: train.classes.join(', ') },
      second: { file: part.listing.file, got: unknown },
    })
  const labels = part.classes.map(name => train.classes.indexOf(name))
  return part.labels.map(label => labels[label] ?? 0)
}

const picturesOf = (image: Shape, { listing, indices }: Shelf, labels: Int32Array): EncodedImages => {
  const decode = decodeImage(image)
  return {
    labels,
    decode: async nth => {
      const index = indices[nth] ?? 0
      return decode(encodedOf(listing, index), placeOf(listing, index))
    },
  }
}

/** Closes all; holds on to nothing else, so that images once decoded can be forgotten. */
const closing = (shelves: readonly Shelf[]): (() => Promise<void>) => {
  const closers = each(shelves, ({ close }) => [close])
  return async () => {
    for (const close of closers) await close()
  }
}

/** Classes whose names differ in capital letters alone. */
const alike = (data: string, classes: readonly string[]): readonly Notice[] => {
  const spellings = new Map<string, readonly string[]>()
  for (const name of classes) {
    const plain = name.toLowerCase()
    spellings.set(plain, [...(spellings.get(plain) ?? []), name])
  }
  const names = [...spellings.values()].filter(({ length }) => length > 1).flat()
  return names.length === 0 ? [] : [{ _tag: 'ClassesAlike', data, names }]
}

const noticesOf = ({ parts, test, leftOut }: Shelves, { name }: ImageFolder): readonly Notice[] => [
  ...partNotices(name, test, parts.validation?.indices.length ?? null),
  ...alike(name, parts.train.classes),
  ...leftOut,
  ...each(partsIn(parts), listing => listing.leftOut),
  ...partsIn(parts).flatMap(({ outside }) => outside),
]

const load = async (options: OpenOptions, spec: ImageFolder, folder: string): Promise<Source> => {
  const shelves = await list(folder, options)
  const { train, test, validation } = shelves.parts
  const all = partsIn(shelves.parts)
  const close = closing(all)
  try {
    const empty = all.find(({ indices }) => indices.length === 0)
    const wrong = [...each(all, ({ refused }) => refused), ...all.flatMap(({ empty }) => empty)]
    const [first] = [
      ...(options.skipBad === true ? [] : wrong),
      ...(empty === undefined ? [] : [noClasses(empty)]),
    ]
    if (first !== undefined) throw new Fault(first)
    const part = (shelf: Shelf, labels: Int32Array, name: string) => ({
      _tag: 'encoded' as const,
      pictures: picturesOf(spec.image, shelf, labels),
      sum: checksumOf([shelf.listing.sum, name]),
    })
    return {
      checksum: checksumOf(all.map(({ listing }) => listing.sum)),
      classes: train.classes,
      stored: spec.image,
      train: part(train, train.labels, 'train'),
      test: part(test, renamed(train, test), 'test'),
      validation: validation === null ? null : part(validation, renamed(train, validation), 'validation'),
      skipped: wrong,
      notices: noticesOf(shelves, spec),
      close,
    }
  } catch (reason) {
    await close()
    throw reason
  }
}

/**
 * Lists the images of class folders; they are decoded later.
 *
 * Errors  PartsMissing, ClassesMissing; UnsafeEntry, BadValue or Truncated with the entry and its offset; EmptyClass;
 *         PartsDiffer where another part has a class that training has not
 */
export const openFolder = (options: OpenOptions, spec: ImageFolder): TE.TaskEither<DataError, Source> => {
  const { folder } = options
  return folder === undefined
    ? TE.left({
        _tag: 'BadOption',
        data: spec.name,
        option: 'folder',
        got: 'none',
        wanted: 'the folder of the images',
      })
    : TE.tryCatch(() => load(options, spec, folder), factOf(folder))
}
