/** Opens a data set of class folders: its classes, its labels, and what is told of it. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Shape } from '../../../net/shape.js'
import { type DataError, Fault } from '../../error.js'
import type { Notice } from '../../notices.js'
import { type OpenOptions, openInFolder, type Source } from '../../source.js'
import type { ImageFolder } from '../../spec.js'
import { partNotices, partsIn } from '../parts.js'
import { checksumOf } from '../streams.js'
import { decodeImage } from './decode.js'
import type { EncodedImages } from './encoded-images.js'
import { closerOf, flatMapListings, type ListedPart, type ListedParts, listParts } from './list-parts.js'
import { encodedOf, placeOf } from './listing.js'

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
  return part.labels.map(label => labels[label] ?? 0)
}

const picturesOf = (image: Shape, { listing, indices }: ListedPart, labels: Int32Array): EncodedImages => {
  const decode = decodeImage(image)
  return {
    labels,
    decode: async nth => {
      const index = indices[nth] ?? 0
      return decode(encodedOf(listing, index), placeOf(listing, index))
    },
  }
}

/** A notice of classes whose names differ only in case. */
const noticeSimilarNames = (data: string, classes: readonly string[]): readonly Notice[] => {
  const spellings = new Map<string, readonly string[]>()
  for (const name of classes) {
    const lowerCase = name.toLowerCase()
    spellings.set(lowerCase, [...(spellings.get(lowerCase) ?? []), name])
  }
  const names = [...spellings.values()].filter(({ length }) => length > 1).flat()
  return names.length === 0 ? [] : [{ _tag: 'ClassesAlike', data, names }]
}

const noticesOf = ({ parts, test, leftOut }: ListedParts, { name }: ImageFolder): readonly Notice[] => [
  ...partNotices(name, test, parts.validation?.indices.length ?? null),
  ...noticeSimilarNames(name, parts.train.classes),
  ...leftOut,
  ...flatMapListings(partsIn(parts), listing => listing.leftOut),
  ...partsIn(parts).flatMap(({ outside }) => outside),
]

const load = async (options: OpenOptions, spec: ImageFolder, folder: string): Promise<Source> => {
  const listed = await listParts(folder, options)
  const { train, test, validation } = listed.parts
  const all = partsIn(listed.parts)
  const close = closerOf(all)
  try {
    const empty = all.find(({ indices }) => indices.length === 0)
    const failures = [...flatMapListings(all, ({ refused }) => refused), ...all.flatMap(({ empty }) => empty)]
    const [first] = [
      ...(options.skipBad === true ? [] : failures),
      ...(empty === undefined ? [] : [noClasses(empty)]),
    ]
    if (first !== undefined) throw new Fault(first)
    const part = (listedPart: ListedPart, labels: Int32Array, name: string) => ({
      _tag: 'encoded' as const,
      pictures: picturesOf(spec.image, listedPart, labels),
      sum: checksumOf([listedPart.listing.sum, name]),
    })
    return {
      checksum: checksumOf(all.map(({ listing }) => listing.sum)),
      classes: train.classes,
      stored: spec.image,
      train: part(train, train.labels, 'train'),
      test: part(test, relabel(train, test), 'test'),
      validation: validation === null ? null : part(validation, relabel(train, validation), 'validation'),
      skipped: failures,
      notices: noticesOf(listed, spec),
      close,
    }
  } catch (reason) {
    await close()
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
  openInFolder(options, spec.name, 'images', folder => load(options, spec, folder))
