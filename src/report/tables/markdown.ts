/** Tables as Markdown has them. */

/** Rows under a head, without the columns that are empty in all. */
export const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const used = head.map((_, column) => rows.some(row => (row[column] ?? '') !== ''))
  const line = (row: readonly string[]) => `| ${row.filter((_, column) => used[column]).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
