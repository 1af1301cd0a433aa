/** MNIST and sets in its form: four IDX files in a folder. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { cacheFolder } from './cache.js'
import { download, type Remote, type Report } from './download.js'
import type { DataError } from './error.js'
import { type Idx, readIdx } from './idx.js'
import { checksumOf } from './read.js'
import { held } from './set.js'
import { noClose, type OpenOptions, reportOf, type Source } from './source.js'

interface Part {
  readonly stem: string
  readonly rank: number
  readonly sum: string
}

/** Sums of the packed files as their authors published them. */
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

/** The names a part goes by. */
const namesOf = ({ stem, rank }: Part): readonly string[] =>
  ['-', '.'].flatMap(joint => ['', '.gz'].map(end => `${stem}${joint}idx${rank}-ubyte${end}`))

const exists = (file: string): T.Task<boolean> =>
  pipe(
    TE.tryCatch(() => access(file), String),
    TE.match(
      () => false,
      () => true,
    ),
  )

/** The file of a part in a folder, if it is there. */
const find = (folder: string, part: Part): T.Task<string | undefined> =>
  pipe(
    namesOf(part).map(name => join(folder, name)),
    T.traverseArray(file =>
      pipe(
        exists(file),
        T.map(there => (there ? file : undefined)),
      ),
    ),
    T.map(found => found.find(file => file !== undefined)),
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

/** Fetches a part from the first mirror that has it. */
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

const located =
  (options: OpenOptions) =>
  (part: Part): TE.TaskEither<DataError, string> => {
    const place = options.folder ?? cacheFolder('mnist')
    return pipe(
      TE.fromTask(find(place, part)),
      TE.flatMap(file =>
        file !== undefined
          ? TE.right(file)
          : options.folder === undefined
            ? fetchPart(place, reportOf(options))(part)
            : TE.left(missing(place, null)(part)),
      ),
    )
  }

const paired = (images: Idx, labels: Idx): E.Either<DataError, number> =>
  images.sizes[0] === labels.sizes[0]
    ? E.right(labels.values.reduce((most, label) => Math.max(most, label), 0))
    : E.left({
        _tag: 'PartsDiffer',
        what: 'number of images and labels',
        first: { file: images.file, got: images.sizes[0] ?? 0 },
        second: { file: labels.file, got: labels.sizes[0] ?? 0 },
      })

const sameSize = (train: Idx, test: Idx): E.Either<DataError, void> =>
  train.sizes.slice(1).join('×') === test.sizes.slice(1).join('×')
    ? E.right(undefined)
    : E.left({
        _tag: 'PartsDiffer',
        what: 'image size',
        first: { file: train.file, got: train.sizes.slice(1).join('×') },
        second: { file: test.file, got: test.sizes.slice(1).join('×') },
      })

const known = (classes: number, labels: Idx): E.Either<DataError, void> => {
  const strange = labels.values.findIndex(label => label >= classes)
  return strange < 0
    ? E.right(undefined)
    : E.left({
        _tag: 'BadValue',
        file: labels.file,
        entry: null,
        offset: 8 + strange,
        what: 'label',
        got: labels.values[strange] ?? 0,
        wanted: `below ${classes}, as in the training labels`,
      })
}

/**
 * Reads the four files; classes are numbered from 0 to the largest training label.
 *
 * Errors  FilesMissing; those of `readIdx`; PartsDiffer where two files do not belong together
 */
export const openMnist = (options: OpenOptions): TE.TaskEither<DataError, Source> => {
  const read = (part: Part) => pipe(located(options)(part), TE.flatMap(readIdx(part.rank)))
  return pipe(
    TE.Do,
    TE.bind('trainLabels', () => read(parts.trainLabels)),
    TE.bind('testLabels', () => read(parts.testLabels)),
    TE.bind('testImages', () => read(parts.testImages)),
    TE.bind('train', () => read(parts.trainImages)),
    TE.bind('largest', ({ train, trainLabels }) => TE.fromEither(paired(train, trainLabels))),
    TE.tap(({ testImages, testLabels }) => TE.fromEither(paired(testImages, testLabels))),
    TE.tap(({ train, testImages }) => TE.fromEither(sameSize(train, testImages))),
    TE.tap(({ largest, testLabels }) => TE.fromEither(known(largest + 1, testLabels))),
    TE.map(({ train, trainLabels, testImages, testLabels, largest }) => ({
      checksum: checksumOf([train, trainLabels, testImages, testLabels].map(({ sum }) => sum)),
      classes: Array.from({ length: largest + 1 }, (_, label) => `${label}`),
      stored: [train.sizes[1] ?? 0, train.sizes[2] ?? 0, 1],
      train: { _tag: 'held', images: held(train.values, Int32Array.from(trainLabels.values)) },
      test: { _tag: 'held', images: held(testImages.values, Int32Array.from(testLabels.values)) },
      skipped: [],
      close: noClose,
    })),
  )
}
