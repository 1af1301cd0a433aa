/** The labels of IDX files: a range that begins at 0 or 1. */

import * as E from 'fp-ts/lib/Either.js'
import { elementAt } from '../../io/element.js'
import type { DataError } from '../error.js'
import type { Idx } from './idx.js'

/** The range of labels: from 0 or 1, without a gap. */
export interface LabelRange {
  readonly first: 0 | 1
  readonly classes: number
}

/** Errors  BadValue where a label between two others is missing */
export const labelRange = ({ file, values }: Idx): E.Either<DataError, LabelRange> => {
  const used = [...new Set(values)].sort((a, b) => a - b)
  const first = used[0] === 1 ? 1 : 0
  const gap = used.findIndex((label, nth) => label !== first + nth)
  return gap < 0
    ? E.right({ first, classes: used.length })
    : E.left({
        _tag: 'BadValue',
        file,
        entry: null,
        offset: 8 + values.indexOf(elementAt(used, gap)),
        what: 'label',
        got: `${used[gap]}, and none is ${first + gap}`,
        expected: 'labels that run from 0, or from 1, without a gap',
      })
}

/** Errors  BadValue for a label out of the range */
export const checkLabels = ({ first, classes }: LabelRange, labels: Idx): E.Either<DataError, void> => {
  const badIndex = labels.values.findIndex(label => label < first || label >= first + classes)
  return badIndex < 0
    ? E.right(undefined)
    : E.left({
        _tag: 'BadValue',
        file: labels.file,
        entry: null,
        offset: 8 + badIndex,
        what: 'label',
        got: elementAt(labels.values, badIndex),
        expected: `${first} to ${first + classes - 1}, as in the training labels,`,
      })
}
