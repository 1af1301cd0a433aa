/** Looks at a folder of class folders: how many images of each class there are, how large, and how they are stored. */

import * as TE from 'fp-ts/lib/TaskEither.js'
import { addTo } from '../../../io/count.js'
import { elementAt } from '../../../io/element.js'
import { type DataError, factOf } from '../../error.js'
import type { Notice } from '../../notices.js'
import { countsOf } from '../../pipeline/split.js'
import type { OpenOptions } from '../../source.js'
import { imageFolder } from '../../spec.js'
import { partsIn, type Roles } from '../parts.js'
import { type ImageHeader, readHeader } from './decode/decode.js'
import { closerOf, flatMapListings, listParts } from './list-parts.js'
import { encodedOf, findDepth, locationOf } from './listing.js'
import type { ListedPart, ListedParts } from './split-test.js'

/** The smallest, the middle and the largest of some numbers. */
export interface Spread {
  readonly least: number
  readonly median: number
  readonly most: number
}

/** What a folder of images holds. */
export interface ImageSurvey {
  readonly folder: string
  /** Each class with its number of images, in all parts. */
  readonly classes: readonly { readonly name: string; readonly images: number }[]
  /** The number of images of each part. */
  readonly parts: Roles<number>
  /** Whether the test part is a share of all images. */
  readonly isSplit: boolean
  /** How many folders' names make up a class. */
  readonly depth: number
  /** The images whose headers were read: all of a small set. */
  readonly measured: number
  readonly height: Spread
  readonly width: Spread
  /** Of the shorter sides. */
  readonly side: Spread
  readonly portraits: number
  readonly landscapes: number
  readonly rotated: number
  readonly transparent: number
  /** Whether no measured image has colours. */
  readonly isGrey: boolean
  /** Images that cannot be read. */
  readonly unreadable: readonly DataError[]
  readonly notices: readonly Notice[]
}

/** The most images whose headers are read. */
const mostMeasured = 1_000

/** Headers read at once. */
const chunk = 64

const spreadOf = (values: readonly number[]): Spread => {
  const sorted = [...values].sort((a, b) => a - b)
  return { least: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0, most: sorted.at(-1) ?? 0 }
}

/** An image of a part. */
interface ListedImage {
  readonly part: ListedPart
  readonly nth: number
}

/** Images evenly spaced over all parts. */
const sampleOf = (parts: readonly ListedPart[]): readonly ListedImage[] => {
  const all = parts.flatMap(part => Array.from(part.indices, nth => ({ part, nth })))
  const count = Math.min(mostMeasured, all.length)
  return Array.from({ length: count }, (_, at) => all[Math.floor((at * all.length) / count)]).filter(
    image => image !== undefined,
  )
}

const headerOf = ({ part: { listing }, nth }: ListedImage): Promise<ImageHeader> =>
  readHeader(encodedOf(listing, nth), locationOf(listing, nth))

const readHeaders = async (
  images: readonly ListedImage[],
): Promise<{ readonly headers: readonly ImageHeader[]; readonly unreadable: readonly DataError[] }> => {
  const headers: ImageHeader[] = []
  const unreadable: DataError[] = []
  for (let from = 0; from < images.length; from += chunk)
    for (const result of await Promise.allSettled(images.slice(from, from + chunk).map(headerOf)))
      if (result.status === 'fulfilled') headers.push(result.value)
      else unreadable.push(factOf('')(result.reason))
  return { headers, unreadable }
}

const countClasses = (parts: readonly ListedPart[]): ImageSurvey['classes'] => {
  const counts = new Map<string, number>()
  for (const { classes, labels } of parts)
    for (const [nth, count] of countsOf(labels, classes.length).entries())
      addTo(counts, elementAt(classes, nth), count)
  return [...counts].map(([name, images]) => ({ name, images }))
}

const describe = async (
  folder: string,
  depth: number,
  { parts, notices }: ListedParts,
): Promise<ImageSurvey> => {
  const all = partsIn(parts)
  const { headers, unreadable } = await readHeaders(sampleOf(all))
  const count = (is: (header: ImageHeader) => boolean): number => headers.filter(is).length
  return {
    folder,
    classes: countClasses(all),
    parts: {
      train: parts.train.indices.length,
      test: parts.test.indices.length,
      validation: parts.validation?.indices.length ?? null,
    },
    isSplit: notices.some(({ _tag }) => _tag === 'TestSplit'),
    depth,
    measured: headers.length,
    height: spreadOf(headers.map(({ height }) => height)),
    width: spreadOf(headers.map(({ width }) => width)),
    side: spreadOf(headers.map(({ height, width }) => Math.min(height, width))),
    portraits: count(({ height, width }) => height > width),
    landscapes: count(({ height, width }) => width > height),
    rotated: count(({ isRotated }) => isRotated),
    transparent: count(({ isTransparent }) => isTransparent),
    isGrey: headers.length > 0 && headers.every(({ isGrey }) => isGrey),
    unreadable: [...flatMapListings(all, ({ refused }) => refused), ...unreadable],
    notices: [
      ...notices.filter(({ _tag }) => _tag === 'LeftOut'),
      ...flatMapListings(all, ({ leftOut }) => leftOut),
      ...all.flatMap(({ outside }) => outside),
    ],
  }
}

/** The parts with classes as deep as they are found to lie. */
const listDeep = async (
  folder: string,
  options: OpenOptions,
): Promise<{ readonly listed: ListedParts; readonly depth: number }> => {
  const listAt = (depth: number) => listParts({ ...imageFolder([1, 1, 3]), depth }, options, folder)
  const listed = await listAt(1)
  const { listing, within } = listed.parts.train
  const depth = findDepth(listing, within)
  if (depth === 1) return { listed, depth }
  await closerOf(partsIn(listed.parts))()
  return { listed: await listAt(depth), depth }
}

const survey = async (folder: string, options: OpenOptions): Promise<ImageSurvey> => {
  const { listed, depth } = await listDeep(folder, options)
  try {
    return await describe(folder, depth, listed)
  } finally {
    await closerOf(partsIn(listed.parts))()
  }
}

/**
 * Looks at a folder, or an archive, of class folders.
 *
 * Errors  PartsMissing; those of archives
 */
export const surveyImages = (
  folder: string,
  options: Omit<OpenOptions, 'seed'> = {},
): TE.TaskEither<DataError, ImageSurvey> =>
  TE.tryCatch(() => survey(folder, { ...options, seed: 0 }), factOf(folder))
