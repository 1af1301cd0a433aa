/** Epochs of a schedule: how many it trains for, and how many lie before a place in it. */
import { stepsOf } from '../steps/grow.js'
import type { Step, Warmup } from './schedule.js'

type Steps = readonly (Step | Warmup)[]

/** Steps that come again and again. */
export interface Loop {
  readonly word: 'round' | 'growth'
  readonly times: number
  readonly steps: Steps
}

/** What a step that holds others repeats; `null` of one that does not. */
const loopOf = (step: Step | Warmup | undefined): Loop | null => {
  if (step?._tag === 'rounds') return { word: 'round', times: step.rounds, steps: step.steps }
  return step?._tag === 'grow' ? { word: 'growth', times: step.growths.length, steps: stepsOf(step) } : null
}

/** The most there can be: rounds and growing may end before their number is up. */
export const epochsIn = (steps: Steps): number =>
  steps.reduce((sum, step) => {
    const loop = loopOf(step)
    if (loop !== null) return sum + loop.times * epochsIn(loop.steps)
    return sum + ('epochs' in step ? step.epochs : 0)
  }, 0)

/** A loop under way, and the time it is in, from 0. */
export interface Turn extends Loop {
  readonly time: number
}

/** Where a place such as `2/1/0` is: the epochs before it, and the loops around it from the outermost on. */
export interface Whereabouts {
  readonly before: number
  readonly turns: readonly Turn[]
}

const locate = (steps: Steps, [nth = 0, time, ...inner]: readonly number[]): Whereabouts => {
  const before = epochsIn(steps.slice(0, nth))
  const loop = loopOf(steps[nth])
  if (loop === null || time === undefined) return { before, turns: [] }
  const inside = locate(loop.steps, inner)
  return {
    before: before + time * epochsIn(loop.steps) + inside.before,
    turns: [{ ...loop, time }, ...inside.turns],
  }
}

export const whereabouts = (steps: Steps, place: string): Whereabouts =>
  locate(steps, place.split('/').map(Number))
