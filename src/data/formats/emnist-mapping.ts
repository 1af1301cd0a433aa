/** The classes of EMNIST: a file beside its images has a line for each label, with the codes of its characters. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type DataError, factOf } from '../error.js'
import type { LabelRange } from './label-range.js'
import { headOf } from './streams.js'

/** The largest has 62 lines of at most 9 bytes. */
const mostBytes = 4096

/** A label and the ASCII codes of characters that are seen: a letter's as a capital and as a small one. */
const mappingLine = /^(\d{1,3})((?:\s+(?:3[3-9]|[4-9]\d|1[01]\d|12[0-6]))+)$/

/** A line of the file, and the byte at which it begins. */
interface Line {
  readonly text: string
  readonly offset: number
}

const linesOf = (text: string): readonly Line[] =>
  [...text.matchAll(/[^\r\n]+/g)]
    .map(({ 0: line, index }) => ({ text: line.trim(), offset: index }))
    .filter(line => line.text !== '')

type BadValue = Extract<DataError, { readonly _tag: 'BadValue' }>

const badValue = (
  file: string,
  offset: number | null,
  { what, expected, got }: Pick<BadValue, 'what' | 'expected' | 'got'>,
): DataError => ({ _tag: 'BadValue', file, entry: null, offset, what, expected, got })

const badLine = (file: string, { text, offset }: Line): DataError =>
  badValue(file, offset, {
    what: 'line',
    expected: "a label and the ASCII codes of its characters, as '10 65'",
    got: `'${text.slice(0, 40)}'`,
  })

const readLine =
  (file: string) =>
  (line: Line): E.Either<DataError, readonly [label: number, name: string]> => {
    const [, label, codes] = mappingLine.exec(line.text) ?? []
    return label === undefined || codes === undefined
      ? E.left(badLine(file, line))
      : E.right([Number(label), String.fromCharCode(...codes.trim().split(/\s+/).map(Number))])
  }

const nameOf =
  (file: string, names: ReadonlyMap<number, string>) =>
  (label: number): E.Either<DataError, string> =>
    E.fromNullable(
      badValue(file, null, {
        what: 'labels',
        expected: `a line for label ${label}, which training images have`,
        got: 'none',
      }),
    )(names.get(label))

const readText = (file: string): TE.TaskEither<DataError, string> =>
  pipe(
    TE.tryCatch(() => headOf(file, mostBytes + 1), factOf(file)),
    TE.flatMapEither(({ head }) =>
      head.length <= mostBytes
        ? E.right(head.toString('latin1'))
        : E.left(badValue(file, null, { what: 'size', expected: `at most ${mostBytes} bytes`, got: 'more' })),
    ),
  )

/** The names of the labels of a range, in order. Errors  BadValue for a line of another form, and a label without a line */
export const readMapping = (
  file: string,
  { first, classes }: LabelRange,
): TE.TaskEither<DataError, readonly string[]> =>
  pipe(
    readText(file),
    TE.flatMapEither(text => E.traverseArray(readLine(file))(linesOf(text))),
    TE.map(entries => new Map(entries)),
    TE.flatMapEither(names =>
      E.traverseArray(nameOf(file, names))(Array.from({ length: classes }, (_, nth) => first + nth)),
    ),
  )
