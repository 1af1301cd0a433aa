/** What a push is told of the prune after it, so that just what will be cut is faded. */
import type { Cut } from '../learn/options.js'
import type { Aim, Prune, Push, Step } from './schedule.js'

const flat = (steps: readonly Step[]): readonly Step[] =>
  steps.flatMap(step => ('steps' in step ? flat(step.steps) : [step]))

/** The first prune of these steps, inside others or not. */
export const firstPrune = (steps: readonly Step[]): Prune | null =>
  flat(steps).find(step => step._tag === 'prune') ?? null

/** The last push of these steps, inside others or not. */
export const lastPush = (steps: readonly Step[]): Push | null =>
  flat(steps).findLast(step => step._tag === 'push') ?? null

/** The cut to come as a push is told it; `around`: the aim of the rounds around it. `null` where none has an aim. */
export const cutToCome = (push: Push, prune: Prune | null, around: Aim | null): Cut | null => {
  const byLosers = prune?.by === 'losers'
  const aim = push.aim ?? (byLosers ? prune.aim : null) ?? around
  if (aim === null || prune === null) return aim && { aim }
  const { protect, ignore, minimum, multiple, rank } = prune
  return { aim, protect, ignore, minimum, multiple, ...(byLosers && rank !== null && { rank }) }
}
