/** Opens a data set of class folders: its classes, its labels, and what is told of it. */

import type * as TE from 'fp-ts/lib/TaskEither.js'
import { groupBy } from '../../../io/count.js'
import { elementAt } from '../../../io/element.js'
import { type DataError, Fault } from '../../error.js'
import type { Notice } from '../../notices.js'
import { type OpenOptions, openInFolder, type Part, type Source } from '../../source.js'
import type { ImageFolder } from '../../spec.js'
import { partsIn } from '../parts.js'
import { checksumOf } from '../streams.js'
import { decodeImage } from './decode/decode.js'
import type { EncodedImages } from './encoded-images.js'
import { closerOf, flatMapListings, listParts } from './list-parts.js'
import { encodedOf, locationOf } from './listing.js'
import type { ListedPart, ListedParts } from './split-test.js'

/** How images are decoded, of a specification. */
export type DecodeOptions = Pick<ImageFolder, 'name' | 'image' | 'background'>

/** The error of a part whose class folders hold no images. */
const noClasses = ({ listing: { file, paths, leftOut } }: ListedPart): DataError => ({
  _tag: 'ClassesMissing',
  folder: file,
  found: [...paths, ...leftOut.map(({ first }) => first)],
})

/** A part's labels as indices of the training classes. */
const relabel = (train: ListedPart, part: ListedPart): Int32Array => {
  const unknown = part.classes.find(name => !train.classes.includes(name))
  if (unknown !== undefined)
    throw new Fault({
      _tag: 'PartsDiffer',
      what: 'classes',
      first: { file: train.listing.file, got: train.classes.join(', ') },
      second: { file: part.listing.file, got: unknown },
    })
  const labels = part.classes.map(name => train.classes.indexOf(name))
  return part.labels.map(label => elementAt(labels, label))
}

const picturesOf = (
  { image, background }: DecodeOptions,
  { listing, indices }: ListedPart,
  labels: Int32Array,
): EncodedImages => {
  const decode = decodeImage(image, background)
  return {
    labels,
    decode: async nth => {
      const index = elementAt(indices, nth)
      return decode(encodedOf(listing, index), locationOf(listing, index))
    },
  }
}

/** A notice of classes whose names differ only in case. */
const noticeSimilarNames = (data: string, classes: readonly string[]): readonly Notice[] => {
  const spellings = groupBy(classes, name => name.toLowerCase())
  const names = [...spellings.values()].filter(({ length }) => length > 1).flat()
  return names.length === 0 ? [] : [{ _tag: 'ClassesAlike', data, names }]
}

const noticesOf = ({ parts, notices }: ListedParts, { name }: DecodeOptions): readonly Notice[] => [
  ...notices.filter(({ _tag }) => _tag !== 'LeftOut'),
  ...noticeSimilarNames(name, parts.train.classes),
  ...notices.filter(({ _tag }) => _tag === 'LeftOut'),
  ...flatMapListings(partsIn(parts), listing => listing.leftOut),
  ...partsIn(parts).flatMap(({ outside }) => outside),
]

/** What cannot be read of the parts. */
const failuresIn = (parts: readonly ListedPart[]): readonly DataError[] => [
  ...flatMapListings(parts, ({ refused }) => refused),
  ...parts.flatMap(({ empty }) => empty),
]

/** Errors  throws the first failure, unless those are skipped; ClassesMissing */
const requireImages = (
  { skipBad = false }: OpenOptions,
  parts: readonly ListedPart[],
  failures: readonly DataError[],
): void => {
  const empty = parts.find(({ indices }) => indices.length === 0)
  const fault = (skipBad ? undefined : failures[0]) ?? (empty && noClasses(empty))
  if (fault !== undefined) throw new Fault(fault)
}

const encodedPart = (spec: DecodeOptions, name: string, part: ListedPart, labels: Int32Array): Part => ({
  _tag: 'encoded',
  pictures: picturesOf(spec, part, labels),
  sum: checksumOf([
    part.listing.sum,
    name,
    Buffer.from(part.indices.slice().buffer),
    `${spec.background ?? ''}`,
  ]),
})

const sourceOf = (options: OpenOptions, spec: DecodeOptions, listed: ListedParts): Source => {
  const { train, test, validation } = listed.parts
  const all = partsIn(listed.parts)
  const failures = failuresIn(all)
  requireImages(options, all, failures)
  return {
    checksum: checksumOf(all.map(({ listing }) => listing.sum)),
    classes: train.classes,
    stored: spec.image,
    train: encodedPart(spec, 'train', train, train.labels),
    test: encodedPart(spec, 'test', test, relabel(train, test)),
    validation: validation && encodedPart(spec, 'validation', validation, relabel(train, validation)),
    skipped: failures,
    notices: noticesOf(listed, spec),
    close: closerOf(all),
  }
}

/**
 * The images of listed parts, which are decoded later.
 *
 * Errors  rejects with what cannot be read, ClassesMissing, PartsDiffer
 */
export const sourceOfParts = async (
  options: OpenOptions,
  spec: DecodeOptions,
  listed: ListedParts,
): Promise<Source> => {
  try {
    return sourceOf(options, spec, listed)
  } catch (reason) {
    await closerOf(partsIn(listed.parts))()
    throw reason
  }
}

/**
 * Lists the images of class folders, which are decoded later.
 *
 * Errors  PartsMissing, ClassesMissing; UnsafeEntry, BadValue or Truncated with the entry and its offset; EmptyClass;
 *         PartsDiffer where another part has a class that training has not
 */
export const openFolder = (options: OpenOptions, spec: ImageFolder): TE.TaskEither<DataError, Source> =>
  openInFolder(options, spec.name, 'images', async folder =>
    sourceOfParts(options, spec, await listParts(spec, options, folder)),
  )
