/** Reads MNIST and data sets in its format. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { cacheFolder } from '../cache.js'
import { imagesInMemory } from '../dataset.js'
import type { DataError } from '../error.js'
import { noClose, type OpenOptions, type Source } from '../source.js'
import type { Mnist } from '../spec.js'
import { type Idx, readIdx } from './idx.js'
import { findFiles, locatePart, type Part, parts } from './mnist-files.js'
import { checksumOf } from './streams.js'

const checkCounts = (images: Idx, labels: Idx): E.Either<DataError, void> =>
  images.sizes[0] === labels.sizes[0]
    ? E.right(undefined)
    : E.left({
        _tag: 'PartsDiffer',
        what: 'count',
        first: { file: images.file, got: images.sizes[0] ?? 0 },
        second: { file: labels.file, got: labels.sizes[0] ?? 0 },
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

/** The range of labels: from 0 or 1, without a gap. */
interface LabelRange {
  readonly first: 0 | 1
  readonly classes: number
}

const labelRange = ({ file, values }: Idx): E.Either<DataError, LabelRange> => {
  const used = [...new Set(values)].sort((a, b) => a - b)
  const first = used[0] === 1 ? 1 : 0
  const gap = used.findIndex((label, nth) => label !== first + nth)
  return gap < 0
    ? E.right({ first, classes: used.length })
    : E.left({
        _tag: 'BadValue',
        file,
        entry: null,
        offset: 8 + values.indexOf(used[gap] ?? 0),
        what: 'label',
        got: `${used[gap]}, and none is ${first + gap}`,
        expected: 'labels that run from 0, or from 1, without a gap',
      })
}

const checkLabels = ({ first, classes }: LabelRange, labels: Idx): E.Either<DataError, void> => {
  const badIndex = labels.values.findIndex(label => label < first || label >= first + classes)
  return badIndex < 0
    ? E.right(undefined)
    : E.left({
        _tag: 'BadValue',
        file: labels.file,
        entry: null,
        offset: 8 + badIndex,
        what: 'label',
        got: labels.values[badIndex] ?? 0,
        expected: `${first} to ${first + classes - 1}, as in the training labels,`,
      })
}

/**
 * Reads the four files. The labels are the names of the classes; they begin at 0 or, as in EMNIST letters, at 1.
 *
 * Errors  FilesMissing; those of `readIdx`; PartsDiffer where two files disagree; BadValue where training
 *         has no image of some label, or the test has a label that training has not
 */
export const openMnist = (options: OpenOptions, { name }: Mnist): TE.TaskEither<DataError, Source> => {
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
    TE.map(({ train, trainLabels, testImages, testLabels, labels: { first, classes } }): Source => {
      const part = (images: Idx, labels: Idx) => ({
        _tag: 'held' as const,
        images: imagesInMemory(
          images.values,
          Int32Array.from(labels.values, label => label - first),
        ),
      })
      return {
        checksum: checksumOf([train, trainLabels, testImages, testLabels].map(({ sum }) => sum)),
        classes: Array.from({ length: classes }, (_, nth) => `${first + nth}`),
        stored: [train.sizes[1] ?? 0, train.sizes[2] ?? 0, 1],
        train: part(train, trainLabels),
        test: part(testImages, testLabels),
        validation: null,
        skipped: [],
        notices: first === 0 ? [] : [{ _tag: 'LabelsFromOne', data: name, classes }],
        close: noClose,
      }
    }),
  )
}
