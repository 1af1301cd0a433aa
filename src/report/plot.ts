/** Accuracy over parameters as a picture: a point a run, a colour an entrant. */
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { Done } from '../run/studying.js'

/** What tells a point from the others: the training or criterion where there is one, else the name. */
const seriesOf = ({ entrant: { name, facts } }: Done): string => `${facts.criterion ?? name}`

const specOf = (title: string, dones: readonly Done[]): TopLevelSpec => ({
  title,
  width: 520,
  height: 340,
  data: {
    values: dones.map(done => ({
      parameters: done.result.params,
      test: 100 * done.result.test.accuracy,
      series: seriesOf(done),
    })),
  },
  mark: { type: 'point', filled: true, size: 50 },
  encoding: {
    x: { field: 'parameters', type: 'quantitative', scale: { type: 'log' } },
    y: { field: 'test', type: 'quantitative', title: 'test accuracy, %', scale: { zero: false } },
    color: { field: 'series', type: 'nominal', title: null },
  },
})

/** An SVG. */
export const plot = (title: string, dones: readonly Done[]): Promise<string> =>
  new View(parse(compile(specOf(title, dones)).spec), { renderer: 'none' }).toSVG()
