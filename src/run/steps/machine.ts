/** Steps run and counted, by the table of kinds and the warm-up inside growing. */
import { sumBy } from '../../io/count.js'
import type { TrainOptions } from '../../learn/options.js'
import type { Step, Warmup } from '../schedule/steps.js'
import { warmupKind } from './grow/warmup.js'
import { stepKinds } from './index.js'
import { kindIn, type Loop, type Runnable } from './kind.js'
import type { RunStep } from './step-context.js'

type Steps = readonly (Step | Warmup)[]

const runnableOf = kindIn<Runnable<Step | Warmup>>({ ...stepKinds, warmup: warmupKind })

export const runStep: RunStep<Step | Warmup> = (context, step) => runnableOf(step).run(context, step)

/** The steps a step repeats; `null` of one that repeats none. */
export const loopOf = (step: Step | Warmup): Loop | null => runnableOf(step).loop?.(step) ?? null

/** The epochs of a step: the most there can be, as rounds and growing may end before their number is up. */
const epochsOf = (step: Step | Warmup): number => {
  const loop = loopOf(step)
  return loop === null ? (runnableOf(step).training?.(step).epochs ?? 0) : loop.times * epochsIn(loop.steps)
}

/** The epochs of some steps, at most. */
export const epochsIn = (steps: Steps): number => sumBy(steps, epochsOf)

/** Every training in some steps. */
export const trainingsIn = (steps: Steps): readonly TrainOptions[] =>
  steps.flatMap(step => {
    const own = runnableOf(step).training?.(step)
    return [...(own === undefined ? [] : [own]), ...trainingsIn(loopOf(step)?.steps ?? [])]
  })
