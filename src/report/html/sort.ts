/** The script of a page: a click on a column's head sorts its table. It runs in a browser, so it is kept as text. */

export const sortScript = `
for (const table of document.querySelectorAll('table.sortable')) {
  const valueOf = (row, column) => {
    const { dataset, textContent } = row.cells[column]
    return dataset.value === undefined ? textContent : Number(dataset.value)
  }
  const compare = (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true })
  table.querySelectorAll('thead button').forEach((button, column) =>
    button.addEventListener('click', () => {
      const head = button.parentElement
      const order = head.getAttribute('aria-sort') === 'descending' ? 'ascending' : 'descending'
      for (const other of head.parentElement.cells) other.removeAttribute('aria-sort')
      head.setAttribute('aria-sort', order)
      const sign = order === 'ascending' ? 1 : -1
      const rows = [...table.tBodies[0].rows]
      table.tBodies[0].append(...rows.sort((a, b) => sign * compare(valueOf(a, column), valueOf(b, column))))
    }),
  )
}
`
