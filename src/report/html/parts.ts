/** The parts that pages are made of: sections, tables, lists of facts, legends. */
import { type Attributes, type Element, element, type Node } from './element.js'

export const section = <Leaf = never>(
  title: string,
  ...children: readonly Node<NoInfer<Leaf>>[]
): Element<Leaf> => element<Leaf>('section', {}, element('h2', {}, title), ...children)

export const paragraph = (text: string, attributes: Attributes = {}): Element =>
  element('p', attributes, text)

/** A line that says what a page cannot show, and why. */
export const missing = (text: string): Element => paragraph(text, { class: 'missing' })

/** A cell of a table: what is shown, and the number it is sorted by where that differs. */
export interface Cell {
  readonly text: Node
  readonly value?: number
}

export type CellLike = string | Cell

const cellOf = (cell: CellLike): Cell => (typeof cell === 'string' ? { text: cell } : cell)

/** Whether a column is of words: what begins with a digit, or has a number to sort by, is none. */
const isWords = (cell: CellLike | undefined): boolean =>
  typeof cell === 'string' ? /^\D/.test(cell) : cell !== undefined && cell.value === undefined

const classOf = (words: boolean | undefined): Attributes => (words === true ? { class: 'text' } : {})

const tableRow =
  (words: readonly boolean[]) =>
  (cells: readonly CellLike[]): Element =>
    element(
      'tr',
      {},
      ...cells
        .map(cellOf)
        .map(({ text, value }, column) =>
          column === 0
            ? element('th', { scope: 'row', 'data-value': value }, text)
            : element('td', { 'data-value': value, ...classOf(words[column]) }, text),
        ),
    )

const headCell =
  (words: readonly boolean[], sortable: boolean) =>
  (name: string, column: number): Element =>
    element(
      'th',
      { scope: 'col', ...classOf(words[column]) },
      sortable ? element('button', { type: 'button' }, name) : name,
    )

/** Rows under a head; `sortable`: a click on a column's head sorts by it. */
export const tableOf = (
  caption: string,
  head: readonly string[],
  rows: readonly (readonly CellLike[])[],
  sortable = false,
): Element => {
  const words = head.map((_, column) => isWords(rows[0]?.[column]))
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    element(
      'table',
      { class: sortable ? 'sortable' : undefined },
      element('caption', {}, caption),
      element('thead', {}, element('tr', {}, ...head.map(headCell(words, sortable)))),
      element('tbody', {}, ...rows.map(tableRow(words))),
    ),
  )
}

/** Facts by name. */
export const facts = (entries: readonly (readonly [name: string, fact: Node])[]): Element =>
  element(
    'dl',
    {},
    ...entries.map(([name, fact]) => element('div', {}, element('dt', {}, name), element('dd', {}, fact))),
  )

/** A figure that stands out: a number, and what it is. */
export const headline = (entries: readonly (readonly [figure: string, what: string])[]): Element =>
  element(
    'ul',
    { class: 'headline' },
    ...entries.map(([figure, what]) =>
      element('li', {}, element('strong', {}, figure), element('span', {}, what)),
    ),
  )

/** The look of a series: its colour, and the mark by which it is known without colour. */
export interface Key {
  readonly name: string
  readonly colour: string
  readonly mark:
    | 'line'
    | 'dashed'
    | 'dotted'
    | 'dot'
    | 'triangle'
    | 'triangle-up'
    | 'diamond'
    | 'bar'
    | 'stub'
    | 'leaf'
}

const glyphs: { readonly [M in Key['mark']]: (colour: string) => Element } = {
  line: stroke => element('path', { d: 'M1 7H23', stroke, 'stroke-width': 2.5 }),
  dashed: stroke => element('path', { d: 'M1 7H23', stroke, 'stroke-width': 2, 'stroke-dasharray': '5 3' }),
  dotted: stroke => element('path', { d: 'M1 7H23', stroke, 'stroke-width': 2, 'stroke-dasharray': '1.5 3' }),
  dot: fill => element('circle', { cx: 12, cy: 7, r: 3, fill }),
  triangle: stroke => element('path', { d: 'M6 3H18L12 12Z', stroke, 'stroke-width': 1.8, fill: 'none' }),
  'triangle-up': fill => element('path', { d: 'M6 12H18L12 3Z', fill }),
  diamond: fill => element('path', { d: 'M12 2L17 7L12 12L7 7Z', fill }),
  bar: fill => element('rect', { x: 1, y: 3, width: 22, height: 8, rx: 4, fill }),
  stub: fill =>
    element(
      'g',
      {},
      element('rect', { x: 1, y: 3, width: 18, height: 8, fill }),
      element('path', { d: 'M16 13L22 1', stroke: 'var(--cut)', 'stroke-width': 2 }),
    ),
  leaf: fill => element('path', { d: 'M3 11C3 4 10 1 21 2C20 10 12 14 3 11Z', fill }),
}

/** What each mark of a figure stands for. */
export const legend = (keys: readonly Key[]): Element =>
  element(
    'ul',
    { class: 'legend' },
    ...keys.map(({ name, colour, mark }) =>
      element(
        'li',
        {},
        element(
          'svg',
          { viewBox: '0 0 24 14', width: 24, height: 14, 'aria-hidden': 'true' },
          glyphs[mark](colour),
        ),
        name,
      ),
    ),
  )

/** A picture under its title, with its legend and what there is to say of it. */
export const figure = <Leaf = never>(
  title: string,
  picture: Node<NoInfer<Leaf>>,
  { keys = [], note = null }: { readonly keys?: readonly Key[]; readonly note?: string | null } = {},
): Element<Leaf> =>
  element<Leaf>(
    'figure',
    {},
    element('figcaption', {}, title),
    ...(keys.length > 0 ? [legend(keys)] : []),
    picture,
    ...(note === null ? [] : [paragraph(note, { class: 'note' })]),
  )

/** Figures side by side where there is room. */
export const grid = <Leaf = never>(...children: readonly Node<NoInfer<Leaf>>[]): Element<Leaf> =>
  element<Leaf>('div', { class: 'grid' }, ...children)
