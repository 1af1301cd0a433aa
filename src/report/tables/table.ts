/** Tables of plain text. */
import { elementAt } from '../../io/element.js'

/** Rows under a head: the first column to the left, numbers to the right. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const lines = [head, ...rows]
  const widths = head.map((_, column) =>
    lines.reduce((width, line) => Math.max(width, line[column]?.length ?? 0), 0),
  )
  const padded = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(elementAt(widths, column)) : cell.padStart(elementAt(widths, column))
  return lines.map(line => line.map(padded).join('  ').trimEnd()).join('\n')
}
