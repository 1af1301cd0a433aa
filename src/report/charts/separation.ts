/** How well each feature separates the classes, the best first, of several nets. */
import type { Key } from '../html/parts.js'
import type { Chart } from './draw.js'
import { colours, frame, specOf } from './theme.js'

/** The separation of a net's features, the best first. */
export interface Separation {
  readonly net: string
  readonly separation: readonly number[]
}

/** The last net is drawn whole, those before it dashed and dotted. */
const looks = {
  first: { colour: colours.training, dash: [5, 3], mark: 'dashed' },
  between: { colour: colours.repaired, dash: [1.5, 3], mark: 'dotted' },
  last: { colour: colours.validation, dash: [1, 0], mark: 'line' },
} as const

const lookOf = (all: readonly Separation[], nth: number) =>
  nth === all.length - 1 ? looks.last : nth === 0 ? looks.first : looks.between

export const separationKeys = (all: readonly Separation[]): readonly Key[] =>
  all.map(({ net }, nth) => ({ name: net, colour: lookOf(all, nth).colour, mark: lookOf(all, nth).mark }))

const leastShown = 1e-3

export const separationChart = (all: readonly Separation[]): Chart => ({
  label: `Class separation of each feature, the best first: ${all.map(({ net, separation }) => `${separation.length} features ${net}`).join(', ')}`,
  spec: width =>
    specOf({
      ...frame(width, 260),
      layer: all.map(({ separation }, nth) => ({
        data: {
          values: separation.map((value, feature) => ({
            feature: feature + 1,
            value: Math.max(leastShown, value),
          })),
        },
        mark: {
          type: 'line',
          color: lookOf(all, nth).colour,
          strokeDash: lookOf(all, nth).dash,
          strokeWidth: 2,
          point: { color: lookOf(all, nth).colour, size: 14 },
        },
        encoding: {
          x: {
            field: 'feature',
            type: 'quantitative',
            title: 'feature, the best first',
            scale: { nice: false },
          },
          y: {
            field: 'value',
            type: 'quantitative',
            title: 'variance between classes ÷ within',
            scale: { type: 'log' },
            axis: { format: '~g', values: [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10000] },
          },
        },
      })),
    }),
})
