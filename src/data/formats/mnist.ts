/** Reads MNIST and data sets in its format: four IDX files in a folder. */
import { basename, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { cacheFolder } from '../cache.js'
import { imagesInMemory } from '../dataset.js'
import { download, type Remote, type Report } from '../download.js'
import { type DataError, factOf } from '../error.js'
import { noClose, type OpenOptions, reportOf, type Source } from '../source.js'
import type { Mnist } from '../spec.js'
import { type Idx, readIdx, transpose } from './idx.js'
import { listEntries } from './images/directory.js'
import { checkLabels, type LabelRange, labelRange } from './label-range.js'
import { checksumOf } from './streams.js'

interface Part {
  readonly stem: string
  readonly rank: number
  readonly sum: string
}

/** The files with the published SHA-256 of each when gzipped. */
const parts = {
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

const parseName = (folder: string, name: string): readonly SetFile[] => {
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

/** The files of the data set in a folder, by part; none where the folder is missing. */
const findFiles = (folder: string): TE.TaskEither<DataError, ReadonlyMap<string, string>> =>
  pipe(
    TE.tryCatch(() => listSetFiles(folder), factOf(folder)),
    TE.orElse(() => TE.right<DataError, readonly SetFile[]>([])),
    TE.flatMap(found => {
      const sets = [...new Set(found.map(({ set }) => set))].sort()
      const [set = ''] = sets
      if (set !== '' && sets.length > 1)
        return TE.left(missing(folder, `it holds several sets: ${sets.join(', ')}`)(parts.trainImages))
      const best = found.filter(file => file.set === set).sort((a, b) => b.order - a.order)
      return TE.right(new Map(best.map(({ stem, path }) => [stem, path])))
    }),
  )

const missing =
  (folder: string, reason: string | null) =>
  (part: Part): DataError => ({
    _tag: 'FilesMissing',
    data: 'mnist',
    folder,
    files: Object.values(parts).map(packedName),
    sources: mirrors.map(mirror => `${mirror}/${packedName(part)}`),
    reason,
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
        error._tag === 'ChecksumDiffers' ? error : missing(folder, reasonOf(error))(part),
      ),
      TE.map(() => file),
    )
  }

const locatePart =
  (options: OpenOptions, place: string, files: ReadonlyMap<string, string>) =>
  (part: Part): TE.TaskEither<DataError, string> => {
    const file = files.get(part.stem)
    if (file !== undefined) return TE.right(file)
    return options.folder === undefined
      ? fetchPart(place, reportOf(options))(part)
      : TE.left(missing(place, null)(part))
  }

const checkCounts = (images: Idx, labels: Idx): E.Either<DataError, void> =>
  images.sizes[0] === labels.sizes[0]
    ? E.right(undefined)
    : E.left({
        _tag: 'PartsDiffer',
        what: 'number of images and labels',
        first: { file: images.file, got: images.sizes[0] ?? 0 },
        second: { file: labels.file, got: labels.sizes[0] ?? 0 },
      })

const checkSizes = (train: Idx, test: Idx): E.Either<DataError, void> =>
  train.sizes.slice(1).join('×') === test.sizes.slice(1).join('×')
    ? E.right(undefined)
    : E.left({
        _tag: 'PartsDiffer',
        what: 'image size',
        first: { file: train.file, got: train.sizes.slice(1).join('×') },
        second: { file: test.file, got: test.sizes.slice(1).join('×') },
      })

/** Whether files are of EMNIST, by their names: its images are stored column by column. */
const isEmnist = ({ file }: Idx): boolean => /^emnist/i.test(basename(file))

/** The four files, and the range of their labels. */
interface SetContent {
  readonly train: Idx
  readonly trainLabels: Idx
  readonly testImages: Idx
  readonly testLabels: Idx
  readonly labels: LabelRange
}

const sourceOf = ({ name, transposed }: Mnist, content: SetContent): Source => {
  const { train, trainLabels, testImages, testLabels, labels } = content
  const { first, classes } = labels
  const turns = transposed ?? isEmnist(train)
  const [height = 0, width = 0] = turns ? train.sizes.slice(1).toReversed() : train.sizes.slice(1)
  const part = (images: Idx, { values }: Idx) => ({
    _tag: 'held' as const,
    images: imagesInMemory(
      turns ? transpose(images) : images.values,
      Int32Array.from(values, label => label - first),
    ),
  })
  return {
    checksum: checksumOf([train, trainLabels, testImages, testLabels].map(({ sum }) => sum)),
    classes: Array.from({ length: classes }, (_, nth) => `${first + nth}`),
    stored: [height, width, 1],
    train: part(train, trainLabels),
    test: part(testImages, testLabels),
    validation: null,
    skipped: [],
    notices: [
      ...(first === 0 ? [] : [{ _tag: 'LabelsFromOne' as const, data: name, classes }]),
      ...(turns && transposed === null ? [{ _tag: 'ImagesTransposed' as const, data: name }] : []),
    ],
    close: noClose,
  }
}

/**
 * Reads the four files. The labels are the names of the classes; they begin at 0 or, as in EMNIST letters, at 1.
 *
 * Errors  FilesMissing; those of `readIdx`; PartsDiffer where two files disagree; BadValue where training
 *         has no image of some label, or the test has a label that training has not
 */
export const openMnist = (options: OpenOptions, spec: Mnist): TE.TaskEither<DataError, Source> => {
  const place = options.folder ?? cacheFolder('mnist')
  const read = (part: Part, files: ReadonlyMap<string, string>) =>
    pipe(locatePart(options, place, files)(part), TE.flatMap(readIdx(part.rank)))
  return pipe(
    findFiles(place),
    TE.bindTo('files'),
    TE.bind('trainLabels', ({ files }) => read(parts.trainLabels, files)),
    TE.bind('testLabels', ({ files }) => read(parts.testLabels, files)),
    TE.bind('testImages', ({ files }) => read(parts.testImages, files)),
    TE.bind('train', ({ files }) => read(parts.trainImages, files)),
    TE.tap(({ train, trainLabels }) => TE.fromEither(checkCounts(train, trainLabels))),
    TE.tap(({ testImages, testLabels }) => TE.fromEither(checkCounts(testImages, testLabels))),
    TE.tap(({ train, testImages }) => TE.fromEither(checkSizes(train, testImages))),
    TE.bind('labels', ({ trainLabels }) => TE.fromEither(labelRange(trainLabels))),
    TE.tap(({ labels, testLabels }) => TE.fromEither(checkLabels(labels, testLabels))),
    TE.map(files => sourceOf(spec, files)),
  )
}
