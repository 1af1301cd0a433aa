/** Charts that compare runs: validation accuracy over epochs, accuracy over parameters. */
import type { Story } from '../pages/story.js'
import type { Chart } from './draw.js'
import { accuracyAxis, errorOf } from './score-axes.js'
import { colours, fontSize, frame, seriesColours, seriesDashes, seriesShapes, specOf } from './theme.js'

/** A run as a series of a chart. */
export interface Series {
  readonly name: string
  readonly story: Story
  readonly params: number
  readonly accuracy: number | null
}

const nth = <A>(list: readonly A[], at: number): A | undefined => list[at % list.length]

type Axis = ReturnType<typeof accuracyAxis>

const errorsOf = ({ story }: Series): readonly number[] =>
  story.epochs.map(({ validation }) => errorOf(validation.accuracy))

const seriesLayer = (axis: Axis) => (series: Series, at: number) => {
  const { name, story } = series
  const values = story.epochs.map(({ epochs, validation }) => ({ epochs, y: errorOf(validation.accuracy) }))
  const x = { field: 'epochs', type: 'quantitative', title: 'epochs', axis: { tickMinStep: 1 } }
  const color = nth(seriesColours, at)
  return [
    {
      data: { values },
      mark: { type: 'line', color, strokeWidth: 2, strokeDash: nth(seriesDashes, at) },
      encoding: { x, y: axis },
    },
    {
      data: { values: values.slice(-1).map(each => ({ ...each, name })) },
      mark: { type: 'text', align: 'right', dy: -9, color, fontSize },
      encoding: { x, y: axis, text: { field: 'name' } },
    },
  ]
}

/** Each run's line has its own dash, and its name at its end. */
export const overlayChart = (series: readonly Series[]): Chart => ({
  label: `Validation accuracy over epochs of ${series.length} runs`,
  spec: width => {
    const axis = accuracyAxis(series.flatMap(errorsOf), 'validation accuracy')
    return specOf({ ...frame(width, 330), layer: series.flatMap(seriesLayer(axis)) })
  },
  wide: true,
})

const pointLayer = ({ name, params, accuracy }: Series, at: number) => {
  if (accuracy === null) return []
  const data = { values: [{ params, accuracy: 100 * accuracy, name }] }
  const encoding = {
    x: {
      field: 'params',
      type: 'quantitative',
      title: 'parameters',
      scale: { type: 'log', nice: false, padding: 30 },
      axis: { format: '~s', labelOverlap: true, tickCount: 4 },
    },
    y: {
      field: 'accuracy',
      type: 'quantitative',
      title: 'test accuracy, %',
      scale: { zero: false, padding: 24 },
      axis: { tickCount: 5, format: '.4~' },
    },
  }
  const color = nth(seriesColours, at)
  return [
    {
      data,
      mark: { type: 'point', filled: true, size: 90, opacity: 1, color, shape: nth(seriesShapes, at) },
      encoding,
    },
    {
      data,
      mark: { type: 'text', dy: -13, color: colours.ink, fontSize },
      encoding: { ...encoding, text: { field: 'name' } },
    },
  ]
}

export const accuracyOverParams = (series: readonly Series[]): Chart => ({
  label: `Test accuracy over parameters of ${series.length} runs`,
  spec: width => specOf({ ...frame(width, 330), layer: series.flatMap(pointLayer) }),
  wide: true,
})
