/** The look of charts: colours are the page's variables, so that one drawing serves light and dark. */
import type { Config, TopLevelSpec } from 'vega-lite'

/** Colours by what they stand for. */
export const colours = {
  ink: 'var(--ink)',
  muted: 'var(--muted)',
  line: 'var(--line)',
  band: 'var(--band)',
  card: 'var(--card)',
  training: 'var(--training)',
  validation: 'var(--validation)',
  cut: 'var(--cut)',
  repaired: 'var(--repaired)',
  count: 'var(--count)',
  grown: 'var(--grown)',
  wood: 'var(--wood)',
} as const

/** Colours of series that have no meaning of their own, and the shapes that go with them. */
export const seriesColours = [1, 2, 3, 4, 5, 6].map(nth => `var(--series-${nth})`)
export const seriesShapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'] as const
export const seriesDashes = [
  [1, 0],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [4, 2],
  [12, 4],
]

/** Text of charts, in pixels of the drawing. */
export const fontSize = 12

const chartConfig: Config = {
  aria: false,
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: colours.muted,
    labelFontSize: fontSize,
    titleColor: colours.muted,
    titleFontSize: fontSize,
    titleFontWeight: 'normal',
    domainColor: colours.line,
    gridColor: colours.line,
    tickColor: colours.line,
    labelPadding: 5,
  },
  axisX: { grid: false },
  axisY: { domain: false, ticks: false },
}

/** What all charts share, at a width. */
export const frame = (width: number, height: number) =>
  ({
    config: chartConfig,
    width,
    height,
    autosize: { type: 'fit', contains: 'padding' },
    padding: { left: 2, right: 8, top: 4, bottom: 2 },
  }) as const

/** A specification written as literals. */
export const specOf = (spec: object): TopLevelSpec => spec as TopLevelSpec // the library's unions are too wide to infer; it checks them itself
