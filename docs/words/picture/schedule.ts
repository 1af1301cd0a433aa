/** Steps of a schedule as a diagram. */

import { counted } from '../../../src/report/text/numbers.js'
import type { ScheduleStep } from '../../../src/run/schedule/steps.js'
import type { Target } from '../../../src/surgery/prune/target.js'
import { box, frame, type Part, series } from './part.js'

const colours = {
  initialize: 'var(--leaf)',
  train: 'var(--training)',
  push: 'var(--validation)',
  prune: 'var(--cut)',
} as const

const targetText = (target: Target | null): readonly string[] => {
  if (target === null) return []
  if ('eta' in target) return [`η = ${Number(target.eta.toFixed(4))}`]
  const [word, amount] =
    'keep' in target ? (['keep', target.keep] as const) : (['at most', target.atMost] as const)
  return Object.entries(amount).map(([measure, value]) => `${word} ${value} ${measure}`)
}

const mostGrowths = (step: ScheduleStep & { readonly _tag: 'grow' }): number => {
  if ('plan' in step) return step.plan.max
  return 'max' in step.growths ? step.growths.max : step.growths.length
}

const stepPart = (step: ScheduleStep): Part => {
  switch (step._tag) {
    case 'initialize':
      return box(['initialize', 'weights by rules'], colours.initialize)
    case 'train':
    case 'push':
      return box([step._tag, counted(step.epochs, 'epoch')], colours[step._tag])
    case 'prune':
      return box(['prune', ...targetText(step.target)], colours.prune)
    case 'rounds': {
      const target = targetText(step.target).join(', ')
      const bound = step.within === null ? '' : ', while accuracy holds'
      return frame(stepsPart(step.steps), `up to ${counted(step.rounds, 'time')}: ${target}${bound}`)
    }
    case 'regrow':
      return frame(stepsPart(step.steps), `up to ${counted(step.rounds, 'time')}, while it gains`)
    case 'grow': {
      const grown = box(['grow'], 'var(--grown)')
      return frame(
        stepsAfter(grown, step.steps),
        `up to ${counted(mostGrowths(step), 'time')}, while it gains`,
      )
    }
  }
}

const stepsAfter = (first: Part, steps: readonly ScheduleStep[]): Part =>
  series([first, ...steps.map(stepPart)])

const stepsPart = (steps: readonly ScheduleStep[]): Part => series(steps.map(stepPart))

/** Steps in their order; what repeats is in a frame. */
export const scheduleDiagram = stepsPart
