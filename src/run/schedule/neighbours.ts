/** What a push knows of the prune after it, so that just what will be cut is faded. */
import type { PlannedPrune } from '../../learn/options.js'
import { layersOf } from '../../net/layers.js'
import type { Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import type { Widths } from '../../surgery/analysis/trunk.js'
import { type CountedTarget, isLatencyTarget } from '../../surgery/prune/target.js'
import type { Prune, Push, Step, Warmup } from './steps.js'

type Steps = readonly (Step | Warmup)[]

/** Steps, and those inside them, in the order in which they first run. */
export const flatten = (steps: Steps): Steps =>
  steps.flatMap(step => ('steps' in step ? flatten(step.steps) : [step]))

/** The last push before a step and the first prune after it, inside others or not; `null` where there is none. */
export interface Neighbours {
  readonly push: Push | null
  readonly prune: Prune | null
}

/** The neighbours between steps before and steps after; those around them all where these hold none. */
const between = (before: Steps, after: Steps, { push, prune }: Neighbours): Neighbours => ({
  push: flatten(before).findLast(step => step._tag === 'push') ?? push,
  prune: flatten(after).find(step => step._tag === 'prune') ?? prune,
})

/** The neighbours of the `nth` of these steps. */
export const neighboursOfStep = (steps: Steps, nth: number, around: Neighbours): Neighbours =>
  between(steps.slice(0, nth), steps.slice(nth + 1), around)

/** The neighbours of steps that repeat: they themselves. */
export const neighboursOfRound = (steps: Steps, around: Neighbours): Neighbours =>
  between(steps, steps, around)

/** Of these layers those that exist: what an earlier cut removed whole needs no sparing. */
export const existingPaths = (net: Net): ((paths: readonly Path[]) => readonly Path[]) => {
  const layers = layersOf(net)
  return paths => paths.filter(path => layers.has(path))
}

/** The target of a push; `around`: that of the rounds around it. What is measured in time cannot be known before. */
export const upcomingTarget = (
  push: Push,
  prune: Prune | null,
  around: CountedTarget | null,
): CountedTarget | null => {
  const own = prune?.by === 'gradientUtility' ? prune.target : null
  return push.target ?? (own !== null && !isLatencyTarget(own) ? own : null) ?? around
}

/** The cut to come as a push fades for it, floors a share of `widths`; `null` where none has a target. */
export const upcomingPrune = (
  { net, widths }: { readonly net: Net; readonly widths: Widths },
  push: Push,
  prune: Prune | null,
  around: CountedTarget | null,
): PlannedPrune | null => {
  const target = upcomingTarget(push, prune, around)
  const existing = existingPaths(net)
  if (target === null || prune === null) return target
  const { by, minChannels, floor, roundTo, normalize } = prune
  return {
    ...target,
    freeze: existing(prune.freeze),
    ignore: existing(prune.ignore),
    minChannels,
    floor,
    widths,
    roundTo,
    ...(by === 'gradientUtility' && normalize !== null && { normalize }),
  }
}
