/** How far a schedule is at a place: the epochs before it, and the loops around it. */
import type { Loop } from '../steps/kind.js'
import { epochsIn, loopOf } from '../steps/machine.js'
import type { StepPlace } from '../steps/step-context.js'
import type { Step, Warmup } from './steps.js'

export { epochsIn } from '../steps/machine.js'

type Steps = readonly (Step | Warmup)[]

/** A loop under way, and the time it is in, from 0. */
export interface Turn extends Loop {
  readonly time: number
}

/** The epochs before a place, and the loops around it from the outermost on. */
export interface ScheduleProgress {
  readonly before: number
  readonly turns: readonly Turn[]
}

export const progressAt = (steps: Steps, [nth = 0, time, ...inner]: StepPlace): ScheduleProgress => {
  const before = epochsIn(steps.slice(0, nth))
  const step = steps[nth]
  const loop = step === undefined ? null : loopOf(step)
  if (loop === null || time === undefined) return { before, turns: [] }
  const within = progressAt(loop.steps, inner)
  return {
    before: before + time * epochsIn(loop.steps) + within.before,
    turns: [{ ...loop, time }, ...within.turns],
  }
}
