/** The four files of MNIST and data sets in its format: their names, where they are, and where they come from. */

import { basename, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import { not } from 'fp-ts/lib/Predicate.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { download, type Remote, type Report } from '../download.js'
import { type DataError, factOf } from '../error.js'
import { type OpenOptions, reportOf } from '../source.js'
import { listEntries } from './images/directory.js'

/** One of the four files: its name without prefix and ending, its dimensions, its published SHA-256 when gzipped. */
export interface Part {
  readonly stem: string
  readonly rank: number
  readonly sum: string
}

/** The files with the published SHA-256 of each when gzipped. */
export const parts = {
  trainImages: {
    stem: 'train-images',
    rank: 3,
    sum: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
  },
  trainLabels: {
    stem: 'train-labels',
    rank: 1,
    sum: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
  },
  testImages: {
    stem: 't10k-images',
    rank: 3,
    sum: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
  },
  testLabels: {
    stem: 't10k-labels',
    rank: 1,
    sum: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
  },
} as const satisfies Record<string, Part>

const mirrors = [
  'https://storage.googleapis.com/cvdf-datasets/mnist',
  'https://ossci-datasets.s3.amazonaws.com/mnist',
]

const packedName = ({ stem, rank }: Part): string => `${stem}-idx${rank}-ubyte.gz`

/** A file's name: prefix, part, images or labels, separator and gzip extension. */
const fileName = /^(.*?)(train|t10k|test)-(images|labels)([-.])idx[13]-ubyte(\.gz)?$/i

/** A file of a data set in this format. */
interface SetFile {
  readonly path: string
  /** The prefix, such as `emnist-letters-`, or none. */
  readonly set: string
  readonly stem: string
  /** Of several files of one part, the one with the lowest order is read. */
  readonly order: number
}

/** The file of the classes' names, such as `emnist-letters-mapping.txt`, and its stem, which is no part's. */
const mappingName = /^(.*?)mapping\.txt$/i
const mappingStem = 'mapping'

const parseName = (folder: string, name: string): readonly SetFile[] => {
  const mapping = mappingName.exec(name)
  if (mapping !== null)
    return [{ path: join(folder, name), set: mapping[1] ?? '', stem: mappingStem, order: 0 }]
  const found = fileName.exec(name)
  if (found === null) return []
  const [, set = '', part = '', what = '', separator, packed] = found
  const stem = `${part.toLowerCase() === 'train' ? 'train' : 't10k'}-${what.toLowerCase()}`
  return [
    {
      path: join(folder, name),
      set,
      stem,
      order: (separator === '-' ? 0 : 2) + (packed === undefined ? 0 : 1),
    },
  ]
}

/** The files of a folder, and those in its subfolders that have the name of such a file. */
const listSetFiles = async (folder: string): Promise<readonly SetFile[]> => {
  const { files, folders } = await listEntries(folder)
  const nested = await Promise.all(
    folders
      .filter(name => fileName.test(name))
      .map(async name => {
        const inner = join(folder, name)
        return (await listEntries(inner)).files.flatMap(file => parseName(inner, file))
      }),
  )
  return [...files.flatMap(name => parseName(folder, name)), ...nested.flat()]
}

/** The files of a data set. */
export interface SetFiles {
  /** By the stem of their part. */
  readonly parts: ReadonlyMap<string, string>
  /** That of the classes' names. */
  readonly mapping: string | null
}

/** The files of the data set in a folder; none where the folder is missing. */
export const findFiles = (folder: string): TE.TaskEither<DataError, SetFiles> =>
  pipe(
    TE.tryCatch(() => listSetFiles(folder), factOf(folder)),
    TE.orElse(() => TE.right<DataError, readonly SetFile[]>([])),
    TE.flatMap(found => {
      const isMapping = ({ stem }: SetFile) => stem === mappingStem
      const sets = [...new Set(found.filter(not(isMapping)).map(({ set }) => set))].sort()
      const [set = ''] = sets
      if (set !== '' && sets.length > 1)
        return TE.left(missing(folder, [], `files of several sets: ${sets.join(', ')}`))
      const own = found.filter(file => file.set === set)
      const best = own.filter(not(isMapping)).sort((a, b) => b.order - a.order)
      return TE.right({
        parts: new Map(best.map(({ stem, path }) => [stem, path])),
        mapping: own.find(isMapping)?.path ?? null,
      })
    }),
  )

const missing = (folder: string, found: readonly string[], instead: string | null): DataError => ({
  _tag: 'FilesMissing',
  data: 'mnist',
  folder,
  files: Object.values(parts).map(packedName),
  sources: mirrors.map(mirror => `${mirror}/`),
  found,
  instead,
})

const remoteOf =
  (part: Part) =>
  (mirror: string): Remote => ({ url: `${mirror}/${packedName(part)}`, sum: part.sum })

const reasonOf = (error: DataError): string => ('reason' in error ? String(error.reason) : error._tag)

/** Downloads a part from the first mirror that has it. */
const fetchPart =
  (folder: string, onProgress: Report) =>
  (part: Part): TE.TaskEither<DataError, string> => {
    const file = join(folder, packedName(part))
    const [first, ...others] = mirrors.map(remoteOf(part)).map(remote => download(onProgress)(remote, file))
    return pipe(
      others.reduce(
        (before, next) =>
          pipe(
            before,
            TE.alt(() => next),
          ),
        first ?? TE.right(undefined),
      ),
      TE.mapLeft(error =>
        error._tag === 'ChecksumDiffers' ? error : missing(folder, [], `no download (${reasonOf(error)})`),
      ),
      TE.map(() => file),
    )
  }

/** The file of a part, downloaded where no folder was named. Errors  FilesMissing */
export const locatePart =
  (options: OpenOptions, folder: string, files: ReadonlyMap<string, string>) =>
  (part: Part): TE.TaskEither<DataError, string> => {
    const file = files.get(part.stem)
    if (file !== undefined) return TE.right(file)
    return options.folder === undefined
      ? fetchPart(folder, reportOf(options))(part)
      : TE.left(
          missing(
            folder,
            [...files.values()].map(path => basename(path)),
            null,
          ),
        )
  }
