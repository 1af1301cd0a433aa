/** Opens what a specification names: reads it, takes and splits it, measures it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Shape } from '../net/shape.js'
import { checkOptions } from './check.js'
import { type DataError, factOf } from './error.js'
import { drawGlyphs, glyphNames, side } from './glyphs.js'
import { measure } from './measure.js'
import { openMnist } from './mnist.js'
import { checksumOf } from './read.js'
import { chosen, type Dataset, held, type Images } from './set.js'
import { noClose, type OpenOptions, type Source } from './source.js'
import type { DataSpec, Glyphs, Normaliser } from './spec.js'
import { divide } from './split.js'

const openGlyphs = (spec: Glyphs): E.Either<DataError, Source> => {
  const strange = (['train', 'test'] as const).find(
    part => !(Number.isInteger(spec[part]) && spec[part] >= 1),
  )
  if (strange !== undefined)
    return E.left({
      _tag: 'BadOption',
      data: spec.name,
      option: strange,
      got: spec[strange],
      wanted: 'a whole number from 1 up',
    })
  const [train, test] = [
    drawGlyphs(spec.drawn, 'train', spec.train),
    drawGlyphs(spec.drawn, 'test', spec.test),
  ]
  return E.right({
    checksum: checksumOf([train.bytes, test.bytes]),
    classes: glyphNames,
    stored: [side, side, 1],
    train: held(train.bytes, train.labels),
    test: held(test.bytes, test.labels),
    skipped: [],
    close: noClose,
  })
}

const openSource = (options: OpenOptions, spec: DataSpec): TE.TaskEither<DataError, Source> => {
  switch (spec._tag) {
    case 'glyphs':
      return TE.fromEither(openGlyphs(spec))
    case 'mnist':
      return openMnist(options)
  }
}

/** Training images that are looked at to find their mean and deviation. */
const measured = 50_000

/** The images taken, split in two. */
const portions = (
  { take, seed }: OpenOptions,
  { validation }: DataSpec,
  { train, classes }: Source,
): { readonly train: Images; readonly validation: Images } => {
  const taken =
    take === undefined ? train : chosen(divide(seed, 'take', classes.length)(train.labels, take)[0])(train)
  const count = Math.round(validation < 1 ? validation * taken.size : validation)
  const [first, rest] = divide(seed, 'validation', classes.length)(taken.labels, count)
  return { train: chosen(rest)(taken), validation: chosen(first)(taken) }
}

const normaliser = (
  { seed }: OpenOptions,
  { normalise, name }: DataSpec,
  stored: Shape,
  train: Images,
): TE.TaskEither<DataError, Normaliser> =>
  normalise === null
    ? TE.tryCatch(() => measure(seed, stored, measured)(train), factOf(name))
    : TE.right(normalise)

const assemble =
  (options: OpenOptions, spec: DataSpec) =>
  (source: Source): TE.TaskEither<DataError, Dataset> =>
    pipe(
      TE.fromEither(checkOptions(options.take)(spec, source.stored, source.train.size)),
      TE.bindTo('image'),
      TE.let('parts', () => portions(options, spec, source)),
      TE.bind('measures', ({ parts }) => normaliser(options, spec, source.stored, parts.train)),
      TE.map(({ image, parts, measures }) => ({
        ...source,
        ...parts,
        name: spec.name,
        image,
        mean: measures.mean,
        deviation: measures.deviation,
        augment: spec.augment,
      })),
      TE.orElseFirst(() => TE.fromTask(source.close)),
    )

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
      TE.Do,
      TE.flatMap(() => openSource(options, spec)),
      TE.flatMap(assemble(options, spec)),
    )
