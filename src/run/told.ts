/** What a push is told of the prune after it, so that just what will be cut is faded. */
import { isHaste } from '../learn/haste.js'
import type { Cut } from '../learn/options.js'
import type { Net } from '../net/layer.js'
import { layersOf, type Path } from '../net/path.js'
import type { Widths } from '../surgery/trunk.js'
import type { Aim, Prune, Push, Step, Warmup } from './schedule.js'

type Steps = readonly (Step | Warmup)[]

const flat = (steps: Steps): Steps => steps.flatMap(step => ('steps' in step ? flat(step.steps) : [step]))

/** The last push before a step and the first prune after it, inside others or not; `null` where there is none. */
export interface Beside {
  readonly push: Push | null
  readonly prune: Prune | null
}

/** Of these steps, those before and those after one; what lies around them all where these hold none. */
const between = (before: Steps, after: Steps, { push, prune }: Beside): Beside => ({
  push: flat(before).findLast(step => step._tag === 'push') ?? push,
  prune: flat(after).find(step => step._tag === 'prune') ?? prune,
})

/** What lies beside the `nth` of these steps. */
export const besideStep = (steps: Steps, nth: number, around: Beside): Beside =>
  between(steps.slice(0, nth), steps.slice(nth + 1), around)

/** What lies beside steps that come again and again: they themselves. */
export const besideRound = (steps: Steps, around: Beside): Beside => between(steps, steps, around)

/** Of these layers those there are: what an earlier cut took whole is not there to spare. */
export const standingIn = (net: Net): ((paths: readonly Path[]) => readonly Path[]) => {
  const layers = layersOf(net)
  return paths => paths.filter(path => layers.has(path))
}

/** The aim a push is told; `around`: that of the rounds around it. What is measured in time cannot be told before. */
export const aimToCome = (push: Push, prune: Prune | null, around: Aim | null): Aim | null => {
  const own = prune?.by === 'losers' ? prune.aim : null
  return push.aim ?? (own !== null && !isHaste(own) ? own : null) ?? around
}

/** The cut to come of a net as a push is told it, floors a share of `widths`; `null` where none has an aim. */
export const cutToCome = (
  { net, widths }: { readonly net: Net; readonly widths: Widths },
  push: Push,
  prune: Prune | null,
  around: Aim | null,
): Cut | null => {
  const aim = aimToCome(push, prune, around)
  const standing = standingIn(net)
  if (aim === null || prune === null) return aim && { aim }
  const { by, minimum, floor, multiple, rank } = prune
  return {
    aim,
    protect: standing(prune.protect),
    ignore: standing(prune.ignore),
    minimum,
    floor,
    widths,
    multiple,
    ...(by === 'losers' && rank !== null && { rank }),
  }
}
