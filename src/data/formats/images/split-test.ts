/** Splits test images off a part, seeded and stratified. */
import { elementAt } from '../../../io/element.js'
import { Fault } from '../../error.js'
import type { LeftOut, Notice } from '../../notices.js'
import { stratifiedSplit } from '../../pipeline/split.js'
import type { ImageFolder } from '../../spec.js'
import type { Roles } from '../parts.js'
import type { ClassifiedListing, Listing } from './listing.js'

/** The images of one part by class, and their listing. */
export interface ListedPart extends ClassifiedListing {
  readonly listing: Listing
}

/** The parts of a data set's folder or archive. */
export interface ListedParts {
  readonly parts: Roles<ListedPart>
  /** How they were chosen, and what lies beside them. */
  readonly notices: readonly Notice[]
}

/** How test images are split off, of the specification. */
export type SplitOptions = Pick<ImageFolder, 'name' | 'test' | 'splitSeed'>

/** How folders are read, of the specification. */
export type FolderOptions = Pick<ImageFolder, 'name' | 'depth' | 'test' | 'splitSeed'>

/** Some of a part's images, in their order. */
const selectPart = (part: ListedPart, selected: Int32Array): ListedPart => ({
  ...part,
  labels: selected.map(nth => elementAt(part.labels, nth)),
  indices: selected.map(nth => elementAt(part.indices, nth)),
})

/** How many images are for testing: at least one where there are several. */
const countTest = (test: number, images: number): number =>
  Math.max(images > 1 ? 1 : 0, Math.round(test < 1 ? test * images : test))

/** Images by number: those for testing, the others, and what tells it. */
export interface TestSplit {
  readonly tested: Int32Array
  readonly others: Int32Array
  readonly notice: Notice
}

/** Which images are for testing, the same share of each class. Errors  throws BadOption where none or all would be */
export const chooseTest = (
  { name, test, splitSeed }: SplitOptions,
  labels: Int32Array,
  classes: number,
): TestSplit => {
  if (!(test > 0 && test < labels.length && (test < 1 || Number.isInteger(test))) && labels.length > 0)
    throw new Fault({
      _tag: 'BadOption',
      data: name,
      option: 'test',
      got: test,
      expected: `a share above 0 and below 1, or a whole number below ${labels.length}, the images there are`,
    })
  const count = countTest(test, labels.length)
  const [tested, others] = stratifiedSplit(splitSeed, 'test', classes)(labels, count)
  return { tested, others, notice: { _tag: 'TestSplit', data: name, images: count, of: labels.length } }
}

/** Splits test images off; `leftOut` lies beside the images. */
export const splitTest = (
  options: SplitOptions,
  whole: ListedPart,
  leftOut: readonly LeftOut[],
): ListedParts => {
  const { tested, others, notice } = chooseTest(options, whole.labels, whole.classes.length)
  const parts = {
    train: selectPart(whole, others),
    test: { ...selectPart(whole, tested), empty: [], outside: [] },
    validation: null,
  }
  return { parts, notices: [notice, ...leftOut] }
}
