/** Accuracy over parameters as a picture: a point an entrant, its mean over seeds with a standard deviation up and down. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TopLevelSpec } from 'vega-lite'
import type { NativeError } from '../engine/error.js'
import type { VariantRun } from '../run/study/runner.js'
import { grouping } from './tables/study.js'
import { deviation, mean } from './text/statistics.js'

/** An entrant as a point; of an ablation, its criterion has the colour, its training the shape. */
interface Point {
  readonly parameters: number
  readonly test: number
  readonly low: number
  readonly high: number
  readonly colour: string
  readonly shape: string
}

const pointOf = ([name, dones]: readonly [string, readonly VariantRun[]]): Point => {
  const facts = dones[0]?.entrant.facts ?? {}
  const accuracies = dones.map(({ result }) => 100 * result.test.accuracy)
  const [test, spread] = [mean(accuracies), deviation(accuracies)]
  return {
    parameters: mean(dones.map(({ result }) => result.params)),
    test,
    low: test - spread,
    high: test + spread,
    colour: `${facts.criterion ?? name}`,
    shape: `${facts.training ?? ''}`,
  }
}

const specOf = (title: string, points: readonly Point[]): TopLevelSpec => ({
  title,
  background: 'white',
  width: 520,
  height: 340,
  data: { values: [...points] },
  encoding: {
    x: {
      field: 'parameters',
      type: 'quantitative',
      axis: { format: ',d', labelOverlap: 'greedy' },
      scale: { type: 'log', nice: false, padding: 20 },
    },
    color: {
      field: 'colour',
      type: 'nominal',
      sort: null,
      scale: { scheme: new Set(points.map(({ colour }) => colour)).size > 10 ? 'tableau20' : 'tableau10' },
      legend: { title: null, labelLimit: 0, symbolType: 'circle' },
    },
  },
  layer: [
    {
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
    },
    {
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: {
        y: { field: 'test', type: 'quantitative' },
        ...(points.some(({ shape }) => shape !== '') && {
          shape: { field: 'shape', type: 'nominal', sort: null, legend: { title: null, labelLimit: 0 } },
        }),
      },
    },
  ],
})

type PackageMissing = Extract<NativeError, { readonly _tag: 'PackageMissing' }>

/** What draws, where it is installed: nothing but a picture wants it. */
const loadVega: TE.TaskEither<PackageMissing, readonly [typeof import('vega'), typeof import('vega-lite')]> =
  TE.tryCatch(
    () => Promise.all([import('vega'), import('vega-lite')]),
    () => ({ _tag: 'PackageMissing', name: 'vega', mend: 'npm install vega@6 vega-lite@6' }),
  )

/** An SVG. Errors  PackageMissing */
export const plot = (title: string, dones: readonly VariantRun[]): TE.TaskEither<PackageMissing, string> =>
  pipe(
    loadVega,
    TE.flatMapTask(
      ([{ parse, View }, { compile }]) =>
        () =>
          new View(parse(compile(specOf(title, [...grouping(dones)].map(pointOf))).spec), {
            renderer: 'none',
          }).toSVG(),
    ),
  )
