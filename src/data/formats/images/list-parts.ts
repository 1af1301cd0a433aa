/** Lists the images of a data set part by part: its folders and archives, or all its images, split. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../error.js'
import { type LeftOut, type Notice, noticeCounter } from '../../notices.js'
import { memoryOf, type OpenOptions, reportOf } from '../../source.js'
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
import { headOf } from '../streams.js'
import { listArchive } from './archive.js'
import { type Inside, listDirectory, listEntries } from './directory.js'
import { kindOfFile } from './image-file.js'
import {
  commonFolder,
  type Folder,
  folderNames,
  groupByClass,
  imagesOutside,
  type Listing,
} from './listing.js'
import { type FolderOptions, type ListedPart, type ListedParts, splitTest } from './split-test.js'
import { listZip } from './zip.js'

const archiveExtensions = ['.tar.gz', '.tgz', '.tar', '.zip']

type List = (path: string) => Promise<Listing>

const partsMissing = (folder: string, found: readonly string[] | null): Fault =>
  new Fault({ _tag: 'PartsMissing', data: 'imageFolder', folder, found })

const isAnyPart = (name: string): boolean =>
  isPart('train')(name) || isPart('test')(name) || isPart('validation')(name)

/** The folder of class folders: a part's, or the deepest that all of them lie in. */
const classesFolder = (listing: Listing, wrapped: boolean): Folder => {
  const { folder, flat } = commonFolder(listing)
  const named = folder.findLastIndex(isAnyPart)
  if (named >= 0) return folder.slice(0, named + 1)
  return wrapped ? (flat ? folder.slice(0, -1) : folder) : []
}

/** What a zip archive begins with: its first file's header, or its directory where it is empty. */
const zipBeginnings = [0x04034b50, 0x06054b50]

const isZip = async (file: string): Promise<boolean> => {
  const { head } = await headOf(file, 4)
  return head.length === 4 && zipBeginnings.includes(head.readUInt32LE(0))
}

/** Lists a folder, or an archive. */
const listAt =
  (options: OpenOptions): List =>
  async path => {
    const report = reportOf(options)
    if ((await stat(path)).isDirectory()) return listDirectory(path, memoryOf(options), report)
    return (await isZip(path)) ? listZip(path, report) : listArchive(path, memoryOf(options), report)
  }

/** Class folders lie in the folder of a part itself; an archive may wrap them in others. */
const listPart =
  (list: List, depth: number) =>
  async (path: string): Promise<ListedPart> => {
    const listing = await list(path)
    const isArchive = listing.offsets.length > 0
    return { listing, ...groupByClass(listing, classesFolder(listing, isArchive), depth) }
  }

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

/** Maps every part; closes the listings of those before one that fails. */
const listRoles = async (
  list: (name: string) => Promise<ListedPart>,
  roles: Roles<string>,
): Promise<Roles<ListedPart>> => {
  const open: ListedPart[] = []
  try {
    return await mapRoles(async (name: string) => {
      const part = await list(name)
      open.push(part)
      return part
    })(roles)
  } catch (reason) {
    await closerOf(open)()
    throw reason
  }
}

const noticesOfRoles = (
  { name }: FolderOptions,
  roles: Roles<string>,
  { validation }: Roles<ListedPart>,
  leftOut: readonly LeftOut[],
): readonly Notice[] => [...partNotices(name, roles.test, validation?.indices.length ?? null), ...leftOut]

/** The parts of one listing: by the names of its folders, or all its images, split. */
const partsOfListing = (options: FolderOptions, listing: Listing): ListedParts => {
  const { folder: common } = commonFolder(listing)
  const part = common.findIndex(isAnyPart)
  const top = part < 0 ? common : common.slice(0, part)
  const names = folderNames(listing, top)
  const find = (part: PartName) => names.find(isPart(part))
  const folderOf = (name: string): Folder => [...top, name]
  const group = (folder: Folder): ListedPart => ({ listing, ...groupByClass(listing, folder, options.depth) })
  const roles = rolesOf(find)
  if (roles === null) {
    const [train, other] = [find('train'), find('test') ?? find('validation')]
    if (listing.paths.length === 0 || (train === undefined && other !== undefined))
      throw partsMissing(listing.file, names)
    return train === undefined
      ? splitTest(options, group(classesFolder(listing, true)), [])
      : splitTest(options, group(folderOf(train)), imagesOutside(listing, [folderOf(train)]))
  }
  const parts = {
    train: group(folderOf(roles.train)),
    test: group(folderOf(roles.test)),
    validation: roles.validation === null ? null : group(folderOf(roles.validation)),
  }
  const leftOut = imagesOutside(listing, partsIn(roles).map(folderOf))
  return { parts, notices: noticesOfRoles(options, roles, parts, leftOut) }
}

const listWhole = async (options: FolderOptions, list: List, path: string): Promise<ListedParts> => {
  const listing = await list(path)
  try {
    return partsOfListing(options, listing)
  } catch (reason) {
    await listing.close()
    throw reason
  }
}

/** The parts in a folder, each a folder or an archive; else those of all its images. */
const listFolder = async (options: FolderOptions, list: List, folder: string): Promise<ListedParts> => {
  const inside = await listEntries(folder)
  const [find, listIn] = [
    findPart(inside),
    (name: string) => listPart(list, options.depth)(join(folder, name)),
  ]
  const roles = rolesOf(find)
  if (roles !== null) {
    const parts = await listRoles(listIn, roles)
    return {
      parts,
      notices: noticesOfRoles(options, roles, parts, besideParts(folder, inside, partsIn(roles))),
    }
  }
  const [train, other] = [find('train'), find('test') ?? find('validation')]
  if (train !== undefined)
    return splitTest(options, await listIn(train), besideParts(folder, inside, [train]))
  if (other !== undefined) throw partsMissing(folder, [...inside.folders, ...inside.files])
  return listWhole(options, list, folder).catch(reason => {
    throw reason instanceof Fault && reason.fact._tag === 'PartsMissing'
      ? partsMissing(folder, [...inside.folders, ...inside.files])
      : reason
  })
}

/**
 * The training, test and validation images of a folder or an archive. Where there is no test part, a share of each class
 * is split off training.
 *
 * Errors  rejects with PartsMissing where there are none; with BadOption where the share leaves no images
 */
export const listParts = async (
  options: FolderOptions,
  opening: OpenOptions,
  path: string,
): Promise<ListedParts> => {
  const state = await stat(path).catch(() => null)
  if (state === null) throw partsMissing(path, null)
  return (state.isDirectory() ? listFolder : listWhole)(options, listAt(opening), path)
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
