/** A schedule in one line. */
import type { Step } from '../../run/schedule/steps.js'

const stepsText = (steps: readonly Step[]): string => steps.map(stepText).join(' → ')

const stepText = (step: Step): string => {
  switch (step._tag) {
    case 'rounds':
    case 'regrow':
      return `${step.rounds} × (${stepsText(step.steps)})`
    case 'grow':
      return `grow (${stepsText(step.steps)})`
    default:
      return step._tag
  }
}

/** train → 3 × (push → prune) → train */
export const scheduleText = stepsText
