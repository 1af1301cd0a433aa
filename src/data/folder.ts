/** A data set of class folders: `train` and `test`, each a folder or an archive, or both in one archive. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Shape } from '../net/shape.js'
import { listArchive } from './archive.js'
import { decodeImage } from './decode.js'
import { listDirectory } from './directory.js'
import { type DataError, Fault, factOf } from './error.js'
import { type Classed, classed, encodedOf, type Listing, placeOf } from './listing.js'
import type { Pictures } from './pictures.js'
import { checksumOf } from './read.js'
import { memoryOf, type OpenOptions, reportOf, type Source } from './source.js'
import type { ImageFolder } from './spec.js'

const endings = ['.tar.gz', '.tgz', '.tar']

/** Names of the folder or archive with the test images, the first that is there. */
const testNames = ['test', 'val', 'validation']

/** Images of one part, and the listing they are in. */
interface Shelf extends Classed {
  readonly listing: Listing
}

const kindOf = async (path: string): Promise<'folder' | 'file' | null> => {
  const found = await stat(path).catch(() => null)
  return found === null ? null : found.isDirectory() ? 'folder' : 'file'
}

const missing = (folder: string, name: string): DataError => ({
  _tag: 'FilesMissing',
  data: 'imageFolder',
  folder,
  files: [`${name}/CLASS/*.jpg`, ...endings.map(ending => `${name}${ending}`)],
  sources: [],
  reason: null,
})

/** The folder or the archive of one part. */
const findPart = async (folder: string, names: readonly string[]): Promise<string> => {
  for (const name of names)
    for (const ending of ['', ...endings]) {
      const path = join(folder, `${name}${ending}`)
      if ((await kindOf(path)) === (ending === '' ? 'folder' : 'file')) return path
    }
  throw new Fault(missing(folder, names[0] ?? ''))
}

const listPart = async (path: string, options: OpenOptions): Promise<Shelf> => {
  const list = (await kindOf(path)) === 'folder' ? listDirectory : listArchive
  const listing = await list(path, memoryOf(options), reportOf(options))
  return { listing, ...classed(listing, []) }
}

/** The two parts of one folder, or of one archive. */
const listBoth = async (
  folder: string,
  options: OpenOptions,
): Promise<readonly [train: Shelf, test: Shelf]> => {
  if ((await kindOf(folder)) === 'file') {
    const listing = await listArchive(folder, memoryOf(options), reportOf(options))
    return [
      { listing, ...classed(listing, ['train']) },
      { listing, ...classed(listing, testNames) },
    ]
  }
  const paths = [await findPart(folder, ['train']), await findPart(folder, testNames)] as const
  const train = await listPart(paths[0], options)
  try {
    return [train, await listPart(paths[1], options)]
  } catch (reason) {
    await train.listing.close()
    throw reason
  }
}

/** What is wrong with a part whatever its images are. */
const wrongWith = ({ listing, empty }: Shelf): readonly DataError[] => [...listing.refused, ...empty]

const noImages = (folder: string, part: string, { indices }: Shelf): readonly DataError[] =>
  indices.length > 0 ? [] : [missing(folder, part)]

/** The labels of the test images by the names of the training classes. */
const renamed = (train: Shelf, test: Shelf): Int32Array => {
  const unknown = test.classes.find(name => !train.classes.includes(name))
  if (unknown !== undefined)
    throw new Fault({
      _tag: 'PartsDiffer',
      what: 'classes',
      first: { file: train.listing.file, got: train.classes.join(', ') },
      second: { file: test.listing.file, got: unknown },
    })
  const labels = test.classes.map(name => train.classes.indexOf(name))
  return test.labels.map(label => labels[label] ?? 0)
}

const picturesOf = (image: Shape, { listing, indices }: Shelf, labels: Int32Array): Pictures => {
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
const closing = (closers: readonly (() => Promise<void>)[]) => async (): Promise<void> => {
  for (const close of closers) await close()
}

const load = async (options: OpenOptions, spec: ImageFolder, folder: string): Promise<Source> => {
  const [train, test] = await listBoth(folder, options)
  const close = closing([...new Set([train.listing, test.listing])].map(listing => listing.close))
  try {
    const wrong =
      train.listing === test.listing ? [...wrongWith(train), ...test.empty] : [train, test].flatMap(wrongWith)
    const fatal = [
      ...(options.skipBad === true ? [] : wrong),
      ...noImages(folder, 'train', train),
      ...noImages(folder, 'test', test),
    ]
    const [first] = fatal
    if (first !== undefined) throw new Fault(first)
    const part = (shelf: Shelf, labels: Int32Array, name: string) => ({
      _tag: 'encoded' as const,
      pictures: picturesOf(spec.image, shelf, labels),
      sum: checksumOf([shelf.listing.sum, name]),
    })
    return {
      checksum: checksumOf([train.listing.sum, test.listing.sum]),
      classes: train.classes,
      stored: spec.image,
      train: part(train, train.labels, 'train'),
      test: part(test, renamed(train, test), 'test'),
      skipped: wrong,
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
 * Errors  FilesMissing; UnsafeEntry, BadValue or Truncated with the entry and its offset; EmptyClass; PartsDiffer
 *         where the test has a class that training has not
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
