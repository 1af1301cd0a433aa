/** Markdown as a terminal of a given width shows it best: tables aligned, with as many columns side by side as fit. */
import { table } from '../tables/table.js'

type Row = readonly string[]

const isRow = (line: string): boolean => line.startsWith('| ')

const isRule = (line: string): boolean => /^[| -]+$/.test(line)

const cellsOf = (line: string): Row => line.slice('| '.length, -' |'.length).split(' | ')

const widthOf = (text: string): number => Math.max(...text.split('\n').map(line => line.length))

const pick = (rows: readonly Row[], columns: readonly number[]): readonly Row[] =>
  rows.map(row => [0, ...columns].map(column => row[column] ?? ''))

const drawn = ([head = [], ...rows]: readonly Row[]): string => table(head, rows)

/** The columns behind the first in parts that fit the width beside it; where there are any, one at least. */
const partsOf = (rows: readonly Row[], width: number): readonly (readonly number[])[] =>
  (rows[0] ?? []).slice(1).reduce<readonly (readonly number[])[]>(
    (parts, _, nth) => {
      const last = parts.at(-1) ?? []
      const more = [...last, nth + 1]
      return last.length > 0 && widthOf(drawn(pick(rows, more))) > width
        ? [...parts, [nth + 1]]
        : [...parts.slice(0, -1), more]
    },
    [[]],
  )

const fitTable = (lines: readonly string[], width: number): string => {
  const rows = lines.filter(line => !isRule(line)).map(cellsOf)
  return partsOf(rows, width)
    .map(columns => drawn(pick(rows, columns)))
    .join('\n\n')
}

/** A line broken between words. */
const fitLine = (line: string, width: number): string =>
  line.split(' ').reduce((text, word) => {
    const open = text.slice(text.lastIndexOf('\n') + 1)
    return open.length + 1 + word.length > width ? `${text}\n${word}` : `${text} ${word}`
  })

/** Lines in runs of rows of one table, or of other lines. */
const blocksOf = (lines: readonly string[]): readonly (readonly string[])[] =>
  lines.reduce<readonly (readonly string[])[]>((blocks, line) => {
    const last = blocks.at(-1)
    return last?.[0] !== undefined && isRow(last[0]) === isRow(line)
      ? [...blocks.slice(0, -1), [...last, line]]
      : [...blocks, [line]]
  }, [])

/**
 * `width`: columns of the terminal; `Infinity` where there is none, and the text stays as it is.
 *
 * Law  no line is longer than `width` but one that has no space to break at, or a single column beside the first
 */
export const fitMarkdown =
  (width: number) =>
  (text: string): string =>
    Number.isFinite(width)
      ? blocksOf(text.split('\n'))
          .map(block =>
            isRow(block[0] ?? '')
              ? fitTable(block, width)
              : block.map(line => fitLine(line, width)).join('\n'),
          )
          .join('\n')
      : text
