/** Opens a data set: its source by the kind of its specification, then its images. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { decode } from '../io/codec.js'
import { checkSeed } from '../net/random.js'
import { dataCodec } from './codec.js'
import type { Dataset } from './dataset.js'
import type { DataError } from './error.js'
import { drawGlyphs, glyphNames, side } from './formats/glyphs.js'
import { checksumOf } from './formats/streams.js'
import { readSource } from './pipeline/read-source.js'
import { type OpenOptions, type Source, sourceInMemory } from './source.js'
import type { DataSpec, Glyphs } from './spec.js'

const openGlyphs = ({ folder }: OpenOptions, spec: Glyphs): Source => {
  const [train, test] = [
    drawGlyphs(spec.drawn, 'train', spec.train),
    drawGlyphs(spec.drawn, 'test', spec.test),
  ]
  return sourceInMemory({
    checksum: checksumOf([train.bytes, test.bytes]),
    classes: glyphNames,
    stored: [side, side, 1],
    train,
    test,
    notices: folder === undefined ? [] : [{ _tag: 'FolderUnread', data: spec.name, folder }],
  })
}

/** Opens by a module that is loaded on demand, so that no format loads the packages of another. */
const openBy = <M>(
  load: () => Promise<M>,
  open: (format: M) => TE.TaskEither<DataError, Source>,
): TE.TaskEither<DataError, Source> => pipe(TE.fromTask(load), TE.flatMap(open))

const openSource = (options: OpenOptions, spec: DataSpec): TE.TaskEither<DataError, Source> => {
  switch (spec._tag) {
    case 'glyphs':
      return TE.right(openGlyphs(options, spec))
    case 'mnist':
      return openBy(
        () => import('./formats/mnist.js'),
        ({ openMnist }) => openMnist(options, spec),
      )
    case 'cifar10':
    case 'cifar100':
      return openBy(
        () => import('./formats/cifar/cifar.js'),
        ({ openCifar }) => openCifar(options, spec),
      )
    case 'imageFolder':
      return openBy(
        () => import('./formats/images/folder.js'),
        ({ openFolder }) => openFolder(options, spec),
      )
    case 'imageCsv':
      return openBy(
        () => import('./formats/images/csv.js'),
        ({ openCsv }) => openCsv(options, spec),
      )
    case 'tfrecord':
      return openBy(
        () => import('./formats/tfrecord/tfrecord.js'),
        ({ openRecords }) => openRecords(options, spec),
      )
    case 'tfds':
      return openBy(
        () => import('./formats/tfrecord/tfds.js'),
        ({ openTfds }) => openTfds(options, spec),
      )
  }
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
      TE.flatMap(readSource(options, spec)),
    )
