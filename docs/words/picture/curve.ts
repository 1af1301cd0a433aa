/** A function of one number as a curve. */
import { type Element, element } from '../../../src/report/html/element.js'
import { svgFile } from '../../../src/report/html/svg-file.js'
import { line, words } from './part.js'

interface Range {
  readonly from: number
  readonly to: number
}

export interface CurveOptions {
  readonly x: Range
  readonly y: Range
  /** Names of the ends of the horizontal axis. */
  readonly ends: readonly [string, string]
  readonly label: string
}

const size = { width: 240, height: 160 } as const
const plot = { left: 34, right: 226, top: 14, bottom: 132 } as const

const scale = ({ from, to }: Range, start: number, end: number, value: number): number =>
  start + ((value - from) / (to - from)) * (end - start)

const samples = 160

const ticks = (y: Range, placeY: (value: number) => number): readonly Element[] =>
  [y.from, y.to].map(value =>
    element(
      'text',
      { x: plot.left - 6, y: placeY(value) + 4, 'text-anchor': 'end', style: 'fill: var(--muted)' },
      `${value}`.replace('-', '−'),
    ),
  )

/** The curve as a file; values outside the vertical range are cut off. */
export const curveFile = (value: (x: number) => number, { x, y, ends, label }: CurveOptions): string => {
  const placeX = (at: number): number => scale(x, plot.left, plot.right, at)
  const placeY = (at: number): number => scale(y, plot.bottom, plot.top, Math.min(y.to, Math.max(y.from, at)))
  const points = Array.from({ length: samples + 1 }, (_, nth) => {
    const at = x.from + ((x.to - x.from) * nth) / samples
    return `${placeX(at).toFixed(1)} ${placeY(value(at)).toFixed(1)}`
  })
  const isInside = ({ from, to }: Range): boolean => from < 0 && to > 0
  return svgFile(
    { ...size, label },
    line(`M${plot.left} ${placeY(isInside(y) ? 0 : y.from)}H${plot.right}`, 'var(--line)'),
    ...(isInside(x) ? [line(`M${placeX(0)} ${plot.bottom}V${plot.top}`, 'var(--line)')] : []),
    ...ticks(y, placeY),
    line(`M${points.join('L')}`, 'var(--validation)', 2),
    words(plot.left, plot.bottom + 20, ends[0], { 'text-anchor': 'start', style: 'fill: var(--muted)' }),
    words(plot.right, plot.bottom + 20, ends[1], { 'text-anchor': 'end', style: 'fill: var(--muted)' }),
  )
}
