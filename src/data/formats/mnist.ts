/** Reads MNIST and data sets in its format. */

import { basename } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { elementAt } from '../../io/element.js'
import { cacheFolder } from '../cache.js'
import type { DataError } from '../error.js'
import { type LabelledBytes, type OpenOptions, type Source, sourceInMemory } from '../source.js'
import type { Mnist } from '../spec.js'
import { readMapping } from './emnist-mapping.js'
import { type Idx, readIdx, transpose } from './idx.js'
import { checkLabels, type LabelRange, labelRange } from './label-range.js'
import { findFiles, locatePart, type Part, parts, type SetFiles } from './mnist-files.js'
import { checksumOf } from './streams.js'

const checkCounts = (images: Idx, labels: Idx): E.Either<DataError, void> =>
  images.sizes[0] === labels.sizes[0]
    ? E.right(undefined)
    : E.left({
        _tag: 'PartsDiffer',
        what: 'count',
        first: { file: images.file, got: elementAt(images.sizes, 0) },
        second: { file: labels.file, got: elementAt(labels.sizes, 0) },
      })

const checkSizes = (train: Idx, test: Idx): E.Either<DataError, void> =>
  train.sizes.slice(1).join('×') === test.sizes.slice(1).join('×')
    ? E.right(undefined)
    : E.left({
        _tag: 'PartsDiffer',
        what: 'size',
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
  /** Of the classes. */
  readonly names: readonly string[]
}

/** Those of the file beside the images, or the labels. */
const classNames = (
  { mapping }: SetFiles,
  range: LabelRange,
): TE.TaskEither<DataError, readonly string[]> => {
  const { first, classes } = range
  return mapping === null
    ? TE.right(Array.from({ length: classes }, (_, nth) => `${first + nth}`))
    : readMapping(mapping, range)
}

const sourceOf = ({ name, transposed }: Mnist, content: SetContent): Source => {
  const { train, trainLabels, testImages, testLabels, labels, names } = content
  const { first, classes } = labels
  const turns = transposed ?? isEmnist(train)
  const [height = 0, width = 0] = turns ? train.sizes.slice(1).toReversed() : train.sizes.slice(1)
  const part = (images: Idx, { values }: Idx): LabelledBytes => ({
    bytes: turns ? transpose(images) : images.values,
    labels: Int32Array.from(values, label => label - first),
  })
  return sourceInMemory({
    checksum: checksumOf([train, trainLabels, testImages, testLabels].map(({ sum }) => sum)),
    classes: names,
    stored: [height, width, 1],
    train: part(train, trainLabels),
    test: part(testImages, testLabels),
    notices: [
      ...(first === 0 ? [] : [{ _tag: 'LabelsFromOne' as const, data: name, classes }]),
      ...(turns && transposed === null ? [{ _tag: 'ImagesTransposed' as const, data: name }] : []),
    ],
  })
}

/**
 * Reads the four files. Labels begin at 0 or, as in EMNIST letters, at 1. They are the names of the classes, unless EMNIST's
 * file of their characters lies beside them.
 *
 * Errors  FilesMissing; those of `readIdx`; PartsDiffer where two files disagree; BadValue where training
 *         has no image of some label, or the test has a label that training has not
 */
export const openMnist = (options: OpenOptions, spec: Mnist): TE.TaskEither<DataError, Source> => {
  const folder = options.folder ?? cacheFolder('mnist')
  const read = (part: Part, files: SetFiles) =>
    pipe(locatePart(options, folder, files.parts)(part), TE.flatMap(readIdx(part.rank)))
  return pipe(
    findFiles(folder),
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
    TE.bind('names', ({ files, labels }) => classNames(files, labels)),
    TE.map(content => sourceOf(spec, content)),
  )
}
