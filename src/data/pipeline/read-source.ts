/** From a source to a data set: takes a subset, splits off validation images, measures mean and deviation. */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { elementAt } from '../../io/element.js'
import { type Shape, sizeOf } from '../../net/shape.js'
import { checkOptions } from '../check-options.js'
import { noticeClasses, noticeDuplicates } from '../class-notices.js'
import { type Dataset, type Images, selectImages } from '../dataset.js'
import { type DataError, factOf } from '../error.js'
import { replaceUnreadable } from '../formats/images/encoded-images.js'
import type { Roles } from '../formats/parts.js'
import type { Notice } from '../notices.js'
import { labelsOf, memoryOf, type OpenOptions, type Part, type Source } from '../source.js'
import type { DataSpec, Normaliser } from '../spec.js'
import { holdImages } from './hold.js'
import { measure } from './measure.js'
import { countsOf, stratifiedSplit } from './split.js'

/** How many training images are measured where not all fit in memory. */
const maxMeasured = 2_000

type Skip = (fact: DataError) => void
type Parts = Pick<Dataset, 'train' | 'validation' | 'test'>

/** A class of which no selected training image could be read. */
const findLostClass = ({ classes, train }: Source, indices: Int32Array | null, images: Images) => {
  const labels = labelsOf(train)
  const expected = countsOf(indices?.map(index => elementAt(labels, index)) ?? labels, classes.length)
  const found = countsOf(images.labels, classes.length)
  return classes.find((_, label) => elementAt(expected, label) > 0 && found[label] === 0)
}

/** The images of each part, after `take`. Errors  EmptyClass where no image of a class could be read */
const readParts = (
  options: OpenOptions,
  source: Source,
  skip: Skip,
): TE.TaskEither<DataError, Roles<Images>> => {
  const { take, seed, folder } = options
  const labels = labelsOf(source.train)
  const indices =
    take === undefined ? null : stratifiedSplit(seed, 'take', source.classes.length)(labels, take)[0]
  const whole = (part: Part) => ({ part, indices: null })
  return pipe(
    TE.tryCatch(
      () =>
        holdImages(
          options,
          source.stored,
          skip,
        )({
          train: { part: source.train, indices },
          test: whole(source.test),
          validation: source.validation === null ? null : whole(source.validation),
        }),
      factOf(folder ?? ''),
    ),
    TE.filterOrElse(
      ({ train }) => findLostClass(source, indices, train) === undefined,
      ({ train }): DataError => ({
        _tag: 'EmptyClass',
        folder: folder ?? '',
        name: findLostClass(source, indices, train) ?? '',
      }),
    ),
  )
}

/** Splits validation images off the training images where there is no validation part. */
const splitParts = (
  { seed }: OpenOptions,
  { validation }: DataSpec,
  { classes }: Source,
  parts: Roles<Images>,
): Parts => {
  if (parts.validation !== null) return { ...parts, validation: parts.validation }
  const { train, test } = parts
  const count = Math.round(validation < 1 ? validation * train.size : validation)
  const [first, rest] = stratifiedSplit(seed, 'validation', classes.length)(train.labels, count)
  return { train: selectImages(rest)(train), validation: selectImages(first)(train), test }
}

/** With `skipBad`, another image of the class replaces one that cannot be read. */
const withStandIns = ({ skipBad = false }: OpenOptions, stored: Shape, skip: Skip, parts: Parts): Parts => {
  if (!skipBad) return parts
  const read = replaceUnreadable(stored, skip)
  const train = read(parts.train)
  return { train, validation: read(parts.validation, train), test: read(parts.test, train) }
}

const normaliserOf = (
  options: OpenOptions,
  { normalise, name }: DataSpec,
  stored: Shape,
  train: Images,
): TE.TaskEither<DataError, Normaliser> => {
  const most = train.size * sizeOf(stored) <= memoryOf(options) ? train.size : maxMeasured
  return normalise === null
    ? TE.tryCatch(() => measure(options.seed, stored, most)(train), factOf(options.folder ?? name))
    : TE.right(normalise)
}

const noticesOf = (
  options: OpenOptions,
  spec: DataSpec,
  source: Source,
  images: Roles<Images>,
): TE.TaskEither<DataError, readonly Notice[]> =>
  TE.tryCatch(
    async () => [
      ...source.notices,
      ...noticeClasses(spec, source),
      ...(await noticeDuplicates(options, spec, source, images)),
    ],
    factOf(options.folder ?? spec.name),
  )

/** What of a data set depends on its images and options. */
type Content = Pick<Dataset, 'image' | 'skipped' | 'notices'> & {
  readonly parts: Parts
  readonly normaliser: Normaliser
}

const datasetOf = (
  spec: DataSpec,
  { checksum, classes, stored, close }: Source,
  { image, skipped, notices, parts, normaliser: { mean, deviation } }: Content,
): Dataset => ({
  name: spec.name,
  checksum,
  classes,
  image,
  stored,
  ...('background' in spec && spec.background !== null && { background: spec.background }),
  mean,
  deviation,
  ...parts,
  augment: spec.augment,
  skipped,
  notices,
  close,
})

/** Reads, splits and measures the images of a source. Law  the source is closed where that fails */
export const readSource =
  (options: OpenOptions, spec: DataSpec) =>
  (source: Source): TE.TaskEither<DataError, Dataset> => {
    const { stored, train, close } = source
    const skipped = [...source.skipped]
    const skip: Skip = fact => void skipped.push(fact)
    return pipe(
      TE.fromEither(checkOptions(options.take)(spec, stored, labelsOf(train).length)),
      TE.bindTo('image'),
      TE.bind('images', () => readParts(options, source, skip)),
      TE.bind('notices', ({ images }) => noticesOf(options, spec, source, images)),
      TE.let('parts', ({ images }) =>
        withStandIns(options, stored, skip, splitParts(options, spec, source, images)),
      ),
      TE.bind('normaliser', ({ parts }) => normaliserOf(options, spec, stored, parts.train)),
      TE.map(content => datasetOf(spec, source, { ...content, skipped })),
      TE.orElseFirst(() => TE.fromTask(close)),
    )
  }
