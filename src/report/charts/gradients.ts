/** How much new units learn beside old ones after each growth: the gradient of the ones over that of the others. */
import type { Story } from '../pages/story.js'
import type { Chart } from './draw.js'
import { colours, frame, specOf } from './theme.js'

/** What is drawn where new units have no gradient at all. */
const leastShown = 1e-4

/** A point an epoch; those of one training are joined. */
interface RatioPoint {
  readonly epochs: number
  readonly ratio: number
  readonly training: number
}

/** Epochs after another growth, or with others between, begin a line of their own. */
export const gradientRatios = ({ epochs, growths }: Story): readonly RatioPoint[] =>
  epochs.flatMap(({ epochs: at, gradient }) =>
    gradient === undefined || !(gradient.old > 0)
      ? []
      : [
          {
            epochs: at,
            ratio: gradient.new / gradient.old,
            training: growths.filter(growth => growth.epochs < at).length,
          },
        ],
  )

/** `null` where nothing has grown. */
export const gradientChart = (story: Story): Chart | null => {
  const ratios = gradientRatios(story)
  if (ratios.length === 0) return null
  const y = {
    field: 'shown',
    type: 'quantitative',
    title: 'gradient of new units ÷ of old',
    scale: { type: 'log' },
    axis: { format: '~g', values: [1e-4, 1e-3, 0.01, 0.1, 1, 10, 100] },
  } as const
  const values = ratios.map(each => ({ ...each, shown: Math.max(leastShown, each.ratio) }))
  return {
    label: `The gradient of new units over that of old ones, in ${ratios.length} epochs after growths: from ${shortened(ratios[0]?.ratio ?? 0)} to ${shortened(ratios.at(-1)?.ratio ?? 0)}`,
    spec: width =>
      specOf({
        ...frame(width, 250),
        layer: [
          {
            data: { values: [{ shown: 1 }] },
            mark: { type: 'rule', color: colours.muted, strokeDash: [4, 4] },
            encoding: { y },
          },
          {
            data: { values },
            mark: {
              type: 'line',
              color: colours.grown,
              strokeWidth: 2,
              point: { color: colours.grown, size: 30 },
            },
            encoding: {
              x: {
                field: 'epochs',
                type: 'quantitative',
                title: 'epochs',
                scale: { nice: false, domain: [0, story.length] },
                axis: { tickMinStep: 1 },
              },
              y,
              detail: { field: 'training' },
            },
          },
        ],
      }),
  }
}

const shortened = (ratio: number): string => `${Number(ratio.toPrecision(3))}`
