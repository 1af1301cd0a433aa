/** Where in a schedule a place is: the epochs before it, and the loops around it. */

import type { Loop } from '../steps/kind.js'
import { epochsIn, loopOf } from '../steps/machine.js'
import type { Step, Warmup } from './steps.js'

export { epochsIn } from '../steps/machine.js'

type Steps = readonly (Step | Warmup)[]

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
  const step = steps[nth]
  const loop = step === undefined ? null : loopOf(step)
  if (loop === null || time === undefined) return { before, turns: [] }
  const inside = locate(loop.steps, inner)
  return {
    before: before + time * epochsIn(loop.steps) + inside.before,
    turns: [{ ...loop, time }, ...inside.turns],
  }
}

export const whereabouts = (steps: Steps, place: string): Whereabouts =>
  locate(steps, place.split('/').map(Number))
