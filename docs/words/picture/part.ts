/** Parts of a diagram that runs from left to right: each has a size, and is drawn from its left end on a middle line. */
import { type Element, element } from '../../../src/report/html/element.js'
import { svgFile } from '../../../src/report/html/svg-file.js'

export interface Part {
  readonly width: number
  /** Above and below the middle line alike. */
  readonly height: number
  readonly draw: (x: number, y: number) => readonly Element[]
}

const gap = 18
const margin = 14

export const line = (d: string, colour = 'var(--muted)', width = 1.4): Element =>
  element('path', { d, fill: 'none', stroke: colour, 'stroke-width': width })

export const words = (x: number, y: number, text: string, more = {}): Element =>
  element('text', { x, y, 'text-anchor': 'middle', ...more }, text)

/** About as wide as letters of 12 pixels are. */
const widthOf = (text: string): number => 6.9 * text.length

/** A box with lines of text, the first in full colour. */
export const box = (lines: readonly string[], colour = 'var(--wood)'): Part => {
  const width = Math.round(Math.max(...lines.map(widthOf)) + 22)
  const height = 16 + 16 * lines.length
  return {
    width,
    height,
    draw: (x, y) => [
      element('rect', {
        x,
        y: y - height / 2,
        width,
        height,
        rx: 6,
        fill: 'var(--band)',
        stroke: colour,
        'stroke-width': 1.5,
      }),
      ...lines.map((text, nth) =>
        words(
          x + width / 2,
          y + 4 + 16 * (nth - (lines.length - 1) / 2),
          text,
          nth === 0 ? {} : { style: 'fill: var(--muted)' },
        ),
      ),
    ],
  }
}

/** A line straight on: what the identity is. */
const wire: Part = { width: 40, height: 10, draw: (x, y) => [line(`M${x} ${y}H${x + 40}`)] }

/** Parts one after another; of none, a line. */
export const series = (parts: readonly Part[]): Part => {
  const [only] = parts
  if (only === undefined) return wire
  const starts = parts.map((_, nth) => parts.slice(0, nth).reduce((sum, { width }) => sum + width + gap, 0))
  return {
    width: parts.reduce((sum, { width }) => sum + width + gap, -gap),
    height: Math.max(...parts.map(({ height }) => height)),
    draw: (x, y) =>
      parts.flatMap((part, nth) => {
        const from = x + (starts[nth] ?? 0)
        const link = nth === 0 ? [] : [line(`M${from - gap} ${y}H${from}`)]
        return [...link, ...part.draw(from, y)]
      }),
  }
}

/** Where rows meet again: `+`, `×`, or `c` for a concatenation. */
const joint = (x: number, y: number, mark: string): readonly Element[] => [
  element('circle', {
    cx: x,
    cy: y,
    r: 11,
    fill: 'var(--card)',
    stroke: 'var(--muted)',
    'stroke-width': 1.4,
  }),
  words(x, y + 5, mark, { style: 'font-size: 14px' }),
]

const lead = 16

/** Rows side by side on one input, which meet again in a mark. */
export const fork = (rows: readonly Part[], mark: string): Part => {
  const [widest, between] = [Math.max(...rows.map(({ width }) => width)), 12]
  const height = rows.reduce((sum, row) => sum + row.height + between, -between)
  const middles = rows.map(
    (row, nth) =>
      rows.slice(0, nth).reduce((sum, above) => sum + above.height + between, 0) +
      row.height / 2 -
      height / 2,
  )
  const width = widest + 2 * lead + 22
  return {
    width,
    height: Math.max(height, 2 * Math.max(...middles.map(Math.abs)) + 30),
    draw: (x, y) => [
      ...rows.flatMap((row, nth) => {
        const at = y + (middles[nth] ?? 0)
        const end = x + lead + row.width
        return [
          line(`M${x} ${y}V${at}H${x + lead}`),
          ...row.draw(x + lead, at),
          line(`M${end} ${at}H${x + width - 11}V${y}`),
        ]
      }),
      ...joint(x + width - 11, y, mark),
    ],
  }
}

/** A part in a frame, with words at its foot: what is repeated. */
export const frame = (part: Part, text: string): Part => {
  const [width, height] = [Math.max(part.width, widthOf(text)) + 24, part.height + 60]
  return {
    width,
    height,
    draw: (x, y) => [
      element('rect', {
        x,
        y: y - part.height / 2 - 12,
        width,
        height: part.height + 42,
        rx: 8,
        fill: 'none',
        stroke: 'var(--muted)',
        'stroke-dasharray': '4 3',
      }),
      line(`M${x} ${y}H${x + width}`, 'var(--line)'),
      ...part.draw(x + (width - part.width) / 2, y),
      words(x + width / 2, y + part.height / 2 + 20, text, { style: 'fill: var(--muted)' }),
    ],
  }
}

/** A diagram as a file. */
export const fileOf = (part: Part, label: string): string => {
  const size = { width: Math.ceil(part.width) + 2 * margin, height: Math.ceil(part.height) + 2 * margin }
  return svgFile({ ...size, label }, ...part.draw(margin, size.height / 2))
}
