/** Notices of a data set's classes and images: classes missing or uneven, images in two parts. */
import { elementAt } from '../io/element.js'
import { sizeOf } from '../net/shape.js'
import type { Images } from './dataset.js'
import type { Roles } from './formats/parts.js'
import type { Notice } from './notices.js'
import { findDuplicates } from './pipeline/duplicates.js'
import { countsOf } from './pipeline/split.js'
import { labelsOf, memoryOf, type OpenOptions, type Source } from './source.js'
import type { DataSpec } from './spec.js'

/** A notice of the classes without training images. */
const noticeEmptyClasses = ({ name }: DataSpec, { classes, train }: Source): readonly Notice[] => {
  const counts = countsOf(labelsOf(train), classes.length)
  const names = classes.filter((_, label) => counts[label] === 0)
  return names.length === 0 ? [] : [{ _tag: 'ClassesWithoutImages', data: name, names, of: classes.length }]
}

/** Of two classes, how many times as many images the larger has where that is worth a notice. */
const unevenRatio = 3

/** A notice where the largest class has several times the images of the smallest. */
const noticeUnevenClasses = ({ name }: DataSpec, { classes, train }: Source): readonly Notice[] => {
  const counts = countsOf(labelsOf(train), classes.length)
  const sizes = classes
    .map((each, label) => ({ name: each, images: elementAt(counts, label) }))
    .filter(({ images }) => images > 0)
    .sort((a, b) => b.images - a.images)
  const [largest, smallest] = [sizes.at(0), sizes.at(-1)]
  return largest !== undefined && smallest !== undefined && largest.images > unevenRatio * smallest.images
    ? [{ _tag: 'ClassesUneven', data: name, largest, smallest }]
    : []
}

/** Notices of images that are in training and in another part; they are looked for where all fit in memory. */
export const noticeDuplicates = async (
  options: OpenOptions,
  { name }: DataSpec,
  { classes, stored }: Source,
  { train, validation, test }: Roles<Images>,
): Promise<readonly Notice[]> => {
  const images = train.size + (validation?.size ?? 0) + test.size
  if (images * sizeOf(stored) > memoryOf(options)) return []
  const find = findDuplicates(stored, train)
  const notices: Notice[] = []
  for (const [part, other] of [['validation', validation] as const, ['test', test] as const]) {
    if (other === null) continue
    const found = await find(other)
    const [first] = found
    if (first !== undefined)
      notices.push({
        _tag: 'DuplicatesFound',
        data: name,
        part,
        images: found.length,
        of: other.size,
        name: elementAt(classes, elementAt(other.labels, first)),
      })
  }
  return notices
}

/** What is uneven or missing among the classes. */
export const noticeClasses = (spec: DataSpec, source: Source): readonly Notice[] => [
  ...noticeEmptyClasses(spec, source),
  ...noticeUnevenClasses(spec, source),
]
