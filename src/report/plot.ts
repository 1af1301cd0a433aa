/**
 * Accuracy over parameters, and over what learning took, as a figure: a point for each variant, its mean over seeds
 * with a standard deviation up and down.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TopLevelSpec } from 'vega-lite'
import type { VariantRun } from '../run/study/runner.js'
import { loadVega, type PackageMissing } from './charts/draw.js'
import { groupByVariant } from './tables/study.js'
import { deviation, mean } from './text/statistics.js'

/** A variant as a point; in an ablation the colour is its criterion, the shape its training. */
interface Point {
  readonly parameters: number
  /** Multiply–accumulates of learning; 0 where no run has counted them. */
  readonly cost: number
  readonly test: number
  readonly low: number
  readonly high: number
  readonly colour: string
  readonly shape: string
}

const pointOf = ([name, runs]: readonly [string, readonly VariantRun[]]): Point => {
  const facts = runs[0]?.variant.facts ?? {}
  const accuracies = runs.map(({ result }) => 100 * result.test.accuracy)
  const [test, spread] = [mean(accuracies), deviation(accuracies)]
  return {
    parameters: mean(runs.map(({ result }) => result.params)),
    cost: mean(runs.map(({ result }) => result.trainingMacs ?? 0)),
    test,
    low: test - spread,
    high: test + spread,
    colour: `${facts.criterion ?? name}`,
    shape: `${facts.training ?? ''}`,
  }
}

const legend = { title: null, labelLimit: 0 } as const

/** Parameters, on a logarithmic axis. */
const xAxis = {
  field: 'parameters',
  type: 'quantitative',
  axis: { format: ',d', labelOverlap: 'greedy' },
  scale: { type: 'log', nice: false, padding: 20 },
} as const

/** What learning took, on a logarithmic axis. */
const costAxis = {
  ...xAxis,
  field: 'cost',
  title: 'multiply–accumulates of learning',
  axis: { format: '.2s', labelOverlap: 'greedy' },
} as const

/** Above so many colours the larger scheme is used. */
const fewColours = 10

const colours = (points: readonly Point[]) =>
  ({
    field: 'colour',
    type: 'nominal',
    sort: null,
    scale: {
      scheme: new Set(points.map(({ colour }) => colour)).size > fewColours ? 'tableau20' : 'tableau10',
    },
    legend: { ...legend, symbolType: 'circle' },
  }) as const

const shapes = { field: 'shape', type: 'nominal', sort: null, legend } as const

/** A line of one standard deviation up and down. */
const deviationLayer = {
  mark: { type: 'rule', strokeWidth: 1.5 },
  encoding: {
    y: {
      field: 'low',
      type: 'quantitative',
      title: 'test accuracy, %',
      scale: { zero: false, padding: 10 },
    },
    y2: { field: 'high' },
  },
} as const

const pointLayer = (points: readonly Point[]) =>
  ({
    mark: { type: 'point', filled: true, size: 60, opacity: 1 },
    encoding: {
      y: { field: 'test', type: 'quantitative' },
      ...(points.some(({ shape }) => shape !== '') && { shape: shapes }),
    },
  }) as const

const viewOf = (points: readonly Point[], x: typeof xAxis | typeof costAxis) => ({
  width: 520,
  height: 340,
  encoding: { x, color: colours(points) },
  layer: [deviationLayer, pointLayer(points)],
})

const plotSpec = (title: string, points: readonly Point[]): TopLevelSpec => ({
  title,
  background: 'white',
  data: { values: [...points] },
  hconcat: [xAxis, ...(points.every(({ cost }) => cost > 0) ? [costAxis] : [])].map(x => viewOf(points, x)),
})

/** An SVG. Errors  PackageMissing */
export const plot = (title: string, runs: readonly VariantRun[]): TE.TaskEither<PackageMissing, string> =>
  pipe(
    loadVega,
    TE.flatMapTask(draw => () => draw(plotSpec(title, [...groupByVariant(runs)].map(pointOf)))),
  )
