/** Opens what a specification names: reads it, takes and splits it, measures it. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { decode } from '../net/closed.js'
import { type Shape, sizeOf } from '../net/shape.js'
import { checkOptions } from './check.js'
import { openCifar } from './cifar.js'
import { dataCodec } from './codec.js'
import { type DataError, factOf } from './error.js'
import { openFolder } from './folder.js'
import { drawGlyphs, glyphNames, side } from './glyphs.js'
import { keeping } from './keep.js'
import { measure } from './measure.js'
import { openMnist } from './mnist.js'
import { checksumOf } from './read.js'
import { chosen, type Dataset, held, type Images } from './set.js'
import { labelsOf, memoryOf, noClose, type OpenOptions, type Source } from './source.js'
import type { DataSpec, Glyphs, Normaliser } from './spec.js'
import { divide } from './split.js'
import { openRecords } from './tfrecord.js'

const openGlyphs = (spec: Glyphs): Source => {
  const [train, test] = [
    drawGlyphs(spec.drawn, 'train', spec.train),
    drawGlyphs(spec.drawn, 'test', spec.test),
  ]
  return {
    checksum: checksumOf([train.bytes, test.bytes]),
    classes: glyphNames,
    stored: [side, side, 1],
    train: { _tag: 'held', images: held(train.bytes, train.labels) },
    test: { _tag: 'held', images: held(test.bytes, test.labels) },
    skipped: [],
    close: noClose,
  }
}

const openSource = (options: OpenOptions, spec: DataSpec): TE.TaskEither<DataError, Source> => {
  switch (spec._tag) {
    case 'glyphs':
      return TE.right(openGlyphs(spec))
    case 'mnist':
      return openMnist(options)
    case 'cifar10':
      return openCifar(options)
    case 'imageFolder':
      return openFolder(options, spec)
    case 'tfrecord':
      return openRecords(options, spec)
  }
}

/** Training images that are looked at to find their mean and deviation, where not all fit in memory. */
const measured = 2_000

/** The training images taken, and the test images, ready to be read. */
const kept = (
  options: OpenOptions,
  source: Source,
  skipped: DataError[],
): TE.TaskEither<DataError, { readonly train: Images; readonly test: Images }> => {
  const { take, seed, folder } = options
  const labels = labelsOf(source.train)
  const indices = take === undefined ? null : divide(seed, 'take', source.classes.length)(labels, take)[0]
  const keep = keeping(options, source.stored, fact => void skipped.push(fact))
  return TE.tryCatch(
    () => keep({ part: source.train, indices }, { part: source.test, indices: null }),
    factOf(folder ?? ''),
  )
}

/** Training images, split in two. */
const split = (
  { seed }: OpenOptions,
  { validation }: DataSpec,
  { classes }: Source,
  images: Images,
): { readonly train: Images; readonly validation: Images } => {
  const count = Math.round(validation < 1 ? validation * images.size : validation)
  const [first, rest] = divide(seed, 'validation', classes.length)(images.labels, count)
  return { train: chosen(rest)(images), validation: chosen(first)(images) }
}

const normaliser = (
  options: OpenOptions,
  { normalise, name }: DataSpec,
  stored: Shape,
  train: Images,
): TE.TaskEither<DataError, Normaliser> => {
  const most = train.size * sizeOf(stored) <= memoryOf(options) ? train.size : measured
  return normalise === null
    ? TE.tryCatch(() => measure(options.seed, stored, most)(train), factOf(options.folder ?? name))
    : TE.right(normalise)
}

const assemble =
  (options: OpenOptions, spec: DataSpec) =>
  (source: Source): TE.TaskEither<DataError, Dataset> => {
    const { checksum, classes, stored, close } = source
    const skipped = [...source.skipped]
    return pipe(
      TE.fromEither(checkOptions(options.take)(spec, stored, labelsOf(source.train).length)),
      TE.bindTo('image'),
      TE.bind('kept', () => kept(options, source, skipped)),
      TE.let('parts', ({ kept: { train } }) => split(options, spec, source, train)),
      TE.bind('measures', ({ parts: { train } }) => normaliser(options, spec, stored, train)),
      TE.map(({ image, kept: { test }, parts, measures: { mean, deviation } }) => {
        const { name, augment } = spec
        return {
          name,
          checksum,
          classes,
          image,
          stored,
          mean,
          deviation,
          ...parts,
          test,
          augment,
          skipped,
          close,
        }
      }),
      TE.orElseFirst(() => TE.fromTask(close)),
    )
  }

/**
 * Opens a data set: `take` of its training images, a stratified validation share of those, and all its test images.
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
      TE.mapLeft((fault): DataError => fault),
      TE.flatMap(() => openSource(options, spec)),
      TE.flatMap(assemble(options, spec)),
    )
