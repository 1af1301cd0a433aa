/** The parts of a data set of class folders: each a folder or archive, or all in one archive. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../error.js'
import { type LeftOut, noticeCounter } from '../../notices.js'
import { memoryOf, type OpenOptions, reportOf } from '../../source.js'
import { isPart, mapRoles, type PartName, partNames, partsIn, type Roles, rolesOf } from '../parts.js'
import { listArchive } from './archive.js'
import { type Inside, listDirectory, listEntries } from './directory.js'
import { kindOfFile } from './image-file.js'
import {
  type ClassifiedListing,
  commonFolder,
  type Folder,
  folderNames,
  groupByClass,
  imagesOutside,
  type Listing,
} from './listing.js'

const archiveExtensions = ['.tar.gz', '.tgz', '.tar']

/** The images of one part by class, and their listing. */
export interface ListedPart extends ClassifiedListing {
  readonly listing: Listing
}

/** The parts of a data set's folder or archive. */
export interface ListedParts {
  readonly parts: Roles<ListedPart>
  /** The name of the test part. */
  readonly test: string
  readonly leftOut: readonly LeftOut[]
}

const partsMissing = (folder: string, found: readonly string[] | null, classes: boolean): Fault =>
  new Fault({ _tag: 'PartsMissing', data: 'imageFolder', folder, found, classes })

const isAnyPart = (name: string): boolean =>
  isPart('train')(name) || isPart('test')(name) || isPart('validation')(name)

/** The folder of a part's class folders; an archive may wrap it in others. */
const classesFolder = (listing: Listing): Folder => {
  const { folder, flat } = commonFolder(listing)
  const named = folder.findLastIndex(isAnyPart)
  if (named >= 0) return folder.slice(0, named + 1)
  return listing.offsets.length === 0 ? [] : flat ? folder.slice(0, -1) : folder
}

const listPart =
  (options: OpenOptions) =>
  async (path: string): Promise<ListedPart> => {
    const list = (await stat(path)).isDirectory() ? listDirectory : listArchive
    const listing = await list(path, memoryOf(options), reportOf(options))
    return { listing, ...groupByClass(listing, classesFolder(listing)) }
  }

/** Collects from each listing once, though parts may share one. */
export const flatMapListings = <A>(
  listed: readonly ListedPart[],
  of: (listing: Listing) => readonly A[],
): readonly A[] => [...new Set(listed.map(({ listing }) => listing))].flatMap(of)

/** Closes all listings. It references nothing else, so that encoded images can be garbage-collected. */
export const closerOf = (listed: readonly ListedPart[]): (() => Promise<void>) => {
  const closers = flatMapListings(listed, ({ close }) => [close])
  return async () => {
    for (const close of closers) await close()
  }
}

/** Whether a folder directly holds images, as a class folder does. */
const holdsImages = (folder: string): Promise<boolean> =>
  readdir(folder).then(
    names => names.some(name => kindOfFile(name) === 'image'),
    () => false,
  )

/** The name of a part's folder, or else of its archive. */
const findPart =
  ({ folders, files }: Inside) =>
  (part: PartName): string | undefined =>
    partNames[part]
      .flatMap(name => [
        folders.find(found => found.toLowerCase() === name),
        ...archiveExtensions.map(ending => files.find(found => found.toLowerCase() === `${name}${ending}`)),
      ])
      .find(found => found !== undefined)

/** The error of a folder without the required parts. */
const explainMissing = async (folder: string, { folders, files }: Inside): Promise<Fault> => {
  const direct = await Promise.all(folders.map(name => holdsImages(join(folder, name))))
  const classes = folders.filter((name, nth) => direct[nth] && !isAnyPart(name))
  return classes.length > 1
    ? partsMissing(folder, classes, true)
    : partsMissing(folder, [...folders, ...files], false)
}

/** Folders, archives and images beside the parts. */
const besideParts = (
  folder: string,
  { folders, files, brokenLinks }: Inside,
  used: readonly string[],
): readonly LeftOut[] => {
  const { leaveOut, leftOut } = noticeCounter(folder)
  for (const name of brokenLinks) leaveOut('broken link', name)
  const isArchive = (name: string) => archiveExtensions.some(ending => name.toLowerCase().endsWith(ending))
  const others = files.filter(name => isArchive(name) || kindOfFile(name) === 'image')
  for (const name of [...folders, ...others]) if (!used.includes(name)) leaveOut('beside the parts', name)
  return leftOut()
}

/** The parts in a folder. */
const listFolder = async (folder: string, options: OpenOptions): Promise<ListedParts> => {
  const inside = await listEntries(folder)
  const roles = rolesOf(findPart(inside))
  if (roles === null) throw await explainMissing(folder, inside)
  const open: ListedPart[] = []
  try {
    const parts = await mapRoles(async (name: string) => {
      const listedPart = await listPart(options)(join(folder, name))
      open.push(listedPart)
      return listedPart
    })(roles)
    return { parts, test: roles.test, leftOut: besideParts(folder, inside, partsIn(roles)) }
  } catch (reason) {
    await closerOf(open)()
    throw reason
  }
}

/** The parts in one archive. */
const listSingleArchive = async (file: string, options: OpenOptions): Promise<ListedParts> => {
  const listing = await listArchive(file, memoryOf(options), reportOf(options))
  const { folder: common } = commonFolder(listing)
  const part = common.findIndex(isAnyPart)
  const top = part < 0 ? common : common.slice(0, part)
  const names = folderNames(listing, top)
  const roles = rolesOf(part => names.find(isPart(part)))
  if (roles === null) {
    await listing.close()
    throw partsMissing(file, names, false)
  }
  const folderOf = (name: string): Folder => [...top, name]
  const parts = await mapRoles(async (name: string) => ({
    listing,
    ...groupByClass(listing, folderOf(name)),
  }))(roles)
  return { parts, test: roles.test, leftOut: imagesOutside(listing, partsIn(roles).map(folderOf)) }
}

/** Errors  rejects with PartsMissing, or why a part cannot be listed */
export const listParts = async (folder: string, options: OpenOptions): Promise<ListedParts> => {
  const state = await stat(folder).catch(() => null)
  if (state === null) throw partsMissing(folder, null, false)
  return (state.isDirectory() ? listFolder : listSingleArchive)(folder, options)
}
