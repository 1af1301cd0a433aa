/** The scores of a cut, sorted, with the threshold below which channels go. */
import type { Key } from '../html/parts.js'
import { thousands } from '../text/numbers.js'
import type { Chart } from './draw.js'
import { colours, frame, specOf } from './theme.js'

/** A candidate of a cut. */
export interface Scored {
  readonly score: number
  readonly removed: boolean
}

export const utilityKeys = (threshold: number | null): readonly Key[] => [
  { name: 'kept', colour: colours.wood, mark: 'dot' },
  { name: 'removed', colour: colours.cut, mark: 'triangle' },
  ...(threshold === null
    ? []
    : [
        {
          name: `threshold ${Number(threshold.toPrecision(3))}`,
          colour: colours.ink,
          mark: 'dashed',
        } as const,
      ]),
]

/** The most points of a curve. */
const mostPoints = 240

/** The lowest scores first, thinned out evenly where there are many. */
const sortedPoints = (scored: readonly Scored[]) => {
  const sorted = [...scored].sort((a, b) => a.score - b.score)
  const every = Math.max(1, Math.ceil(sorted.length / mostPoints))
  return sorted
    .map(({ score, removed }, rank) => ({ rank, score, removed }))
    .filter(({ rank }) => rank % every === 0 || rank === sorted.length - 1)
}

const xAxis = { field: 'rank', type: 'quantitative', title: 'candidates, the least first' } as const
const yAxis = {
  field: 'score',
  type: 'quantitative',
  title: 'score',
  scale: { type: 'symlog', constant: 0.1 },
  axis: { tickCount: 5, format: '~g' },
} as const

const pointsOf = (values: readonly object[], removed: boolean) =>
  ({
    data: { values: [...values] },
    mark: {
      type: 'point',
      filled: !removed,
      shape: removed ? 'triangle-down' : 'circle',
      size: removed ? 26 : 20,
      color: removed ? colours.cut : colours.wood,
      opacity: 1,
      strokeWidth: 1.2,
    },
    encoding: { x: xAxis, y: yAxis },
  }) as const

const thresholdLayers = (threshold: number | null) =>
  threshold === null
    ? []
    : [
        {
          data: { values: [{ score: threshold }] },
          mark: { type: 'rule', strokeDash: [5, 3], color: colours.ink },
          encoding: { y: yAxis },
        },
      ]

export const utilityChart = (name: string, scored: readonly Scored[], threshold: number | null): Chart => {
  const points = sortedPoints(scored)
  const removed = scored.filter(each => each.removed).length
  return {
    label: `Sorted scores of ${name}: ${thousands(removed)} of ${thousands(scored.length)} candidates removed`,
    spec: width =>
      specOf({
        ...frame(width, 230),
        layer: [
          pointsOf(
            points.filter(each => !each.removed),
            false,
          ),
          pointsOf(
            points.filter(each => each.removed),
            true,
          ),
          ...thresholdLayers(threshold),
        ],
      }),
  }
}
