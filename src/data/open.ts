/** Opens a data set: reads its source, takes a subset, splits off validation images, measures mean and deviation. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { decode } from '../io/codec.js'
import { checkSeed } from '../net/random.js'
import { type Shape, sizeOf } from '../net/shape.js'
import { checkOptions } from './check-options.js'
import { noticeClasses, noticeDuplicates } from './class-notices.js'
import { dataCodec } from './codec.js'
import { type Dataset, type Images, imagesInMemory, selectImages } from './dataset.js'
import { type DataError, factOf } from './error.js'
import { openCifar } from './formats/cifar/cifar.js'
import { drawGlyphs, glyphNames, side } from './formats/glyphs.js'
import { openCsv } from './formats/images/csv.js'
import { replaceUnreadable } from './formats/images/encoded-images.js'
import { openFolder } from './formats/images/folder.js'
import { openMnist } from './formats/mnist.js'
import type { Roles } from './formats/parts.js'
import { checksumOf } from './formats/streams.js'
import { openTfds } from './formats/tfrecord/tfds.js'
import { openRecords } from './formats/tfrecord/tfrecord.js'
import { holdImages } from './pipeline/hold.js'
import { measure } from './pipeline/measure.js'
import { countsOf, stratifiedSplit } from './pipeline/split.js'
import { labelsOf, memoryOf, noClose, type OpenOptions, type Part, type Source } from './source.js'
import type { DataSpec, Glyphs, Normaliser } from './spec.js'

const openGlyphs = ({ folder }: OpenOptions, spec: Glyphs): Source => {
  const [train, test] = [
    drawGlyphs(spec.drawn, 'train', spec.train),
    drawGlyphs(spec.drawn, 'test', spec.test),
  ]
  return {
    checksum: checksumOf([train.bytes, test.bytes]),
    classes: glyphNames,
    stored: [side, side, 1],
    train: { _tag: 'held', images: imagesInMemory(train.bytes, train.labels) },
    test: { _tag: 'held', images: imagesInMemory(test.bytes, test.labels) },
    validation: null,
    skipped: [],
    notices: folder === undefined ? [] : [{ _tag: 'FolderUnread', data: spec.name, folder }],
    close: noClose,
  }
}

const openSource = (options: OpenOptions, spec: DataSpec): TE.TaskEither<DataError, Source> => {
  switch (spec._tag) {
    case 'glyphs':
      return TE.right(openGlyphs(options, spec))
    case 'mnist':
      return openMnist(options, spec)
    case 'cifar10':
    case 'cifar100':
      return openCifar(options, spec)
    case 'imageFolder':
      return openFolder(options, spec)
    case 'imageCsv':
      return openCsv(options, spec)
    case 'tfrecord':
      return openRecords(options, spec)
    case 'tfds':
      return openTfds(options, spec)
  }
}

/** How many training images are measured where not all fit in memory. */
const maxMeasured = 2_000

type Skip = (fact: DataError) => void
type Parts = Pick<Dataset, 'train' | 'validation' | 'test'>

/** A class of which no selected training image could be read. */
const findLostClass = ({ classes, train }: Source, indices: Int32Array | null, images: Images) => {
  const labels = labelsOf(train)
  const expected = countsOf(indices?.map(index => labels[index] ?? 0) ?? labels, classes.length)
  const found = countsOf(images.labels, classes.length)
  return classes.find((_, label) => (expected[label] ?? 0) > 0 && found[label] === 0)
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

const assemble =
  (options: OpenOptions, spec: DataSpec) =>
  (source: Source): TE.TaskEither<DataError, Dataset> => {
    const { checksum, classes, stored, close } = source
    const skipped = [...source.skipped]
    const skip: Skip = fact => void skipped.push(fact)
    return pipe(
      TE.fromEither(checkOptions(options.take)(spec, stored, labelsOf(source.train).length)),
      TE.bindTo('image'),
      TE.bind('images', () => readParts(options, source, skip)),
      TE.bind('notices', ({ images }) =>
        TE.tryCatch(
          async () => [
            ...source.notices,
            ...noticeClasses(spec, source),
            ...(await noticeDuplicates(options, spec, source, images)),
          ],
          factOf(options.folder ?? spec.name),
        ),
      ),
      TE.let('parts', ({ images }) =>
        withStandIns(options, stored, skip, splitParts(options, spec, source, images)),
      ),
      TE.bind('measures', ({ parts: { train } }) => normaliserOf(options, spec, stored, train)),
      TE.map(({ image, parts, notices, measures: { mean, deviation } }) => {
        const { name, augment } = spec
        return {
          name,
          checksum,
          classes,
          image,
          stored,
          ...('background' in spec && spec.background !== null && { background: spec.background }),
          mean,
          deviation,
          ...parts,
          augment,
          skipped,
          notices,
          close,
        }
      }),
      TE.orElseFirst(() => TE.fromTask(close)),
    )
  }

/**
 * Opens a data set: `take` of its training images, a stratified validation share of those, and all its test images. A
 * data set with a validation part is not split.
 *
 * Law  the same specification, files, seed and take give the same images in the same order
 *
 * @example
 * pipe(mnist(), openData({ folder: '../shared/data/mnist', seed: 0, take: 6000 }))
 */
export const openData =
  (options: OpenOptions) =>
  (spec: DataSpec): TE.TaskEither<DataError, Dataset> =>
    pipe(
      TE.fromEither(decode(dataCodec)(spec)),
      TE.flatMapEither(() => checkSeed(options.seed)),
      TE.mapLeft((fault): DataError => fault),
      TE.flatMap(() => openSource(options, spec)),
      TE.flatMap(assemble(options, spec)),
    )
