/**
 * From the channels selected for removal to those that can be removed: passes hold more channels until what is left
 * fits, and until everything that the output needs is as wide as the floor says.
 */

import type { Path } from '../../../net/path.js'
import { type Analysis, wiresMadeInside } from '../../analysis/analysis.js'
import { leastOf, trunkOf } from '../../analysis/trunk.js'
import { memoize } from '../../memoize.js'
import { byScore, type ConstrainedSelection, type Constraints, type Context } from './pass.js'
import { runPass } from './run-pass.js'

/** The best removed wires of each value of the trunk, as many as it lacks to its floor. */
const wiresBelowFloor = (
  { analysis, limits }: Context,
  { kept, bypassed }: ConstrainedSelection,
): readonly number[] => {
  const least = leastOf(limits.floor, limits.widths)
  const isGone = (path: Path): boolean =>
    (analysis.wiring.out.get(path) ?? []).every(wire => kept[wire] === 0)
  const trunk = trunkOf(analysis, { isGone, isBypassed: path => bypassed.has(path) })
  return trunk.flatMap(value => {
    const removed = [...value.wires].filter(wire => kept[wire] === 0).sort(byScore(limits.score))
    return removed.slice(0, Math.max(0, least(value) - (value.wires.length - removed.length)))
  })
}

/** Holds more wires until all that is left fits and every floor is met: each time one more at least, so that it ends. */
const holdMissing = (
  context: Context,
  selection: Uint8Array,
  removable: ReadonlySet<Path>,
  held: Uint8Array,
): ConstrainedSelection => {
  const { constrained, orphans } = runPass(context, selection, removable, held)
  const missing = [...orphans, ...(context.limits.floor > 0 ? wiresBelowFloor(context, constrained) : [])]
  if (missing.length === 0) return constrained
  const more = held.slice()
  for (const wire of missing) more[wire] = 1
  const next = holdMissing(context, selection, removable, more)
  return { ...next, rescued: [...constrained.rescued, ...next.rescued] }
}

/**
 * Makes one selection after another fit the same net: 1 by wire where it is to stay, and the residuals whose bodies are
 * to be removed.
 *
 * Law  what is left fits; a selection that fits is left as it is; what is pinned stays
 */
export const applyConstraints = (analysis: Analysis, limits: Constraints) => {
  const context: Context = {
    analysis,
    limits,
    ranked: analysis.groups.map(({ wires }) => [...wires].sort(byScore(limits.score))),
    wiresInside: memoize(place => wiresMadeInside(analysis, place)),
  }
  return (selection: Uint8Array, removable: ReadonlySet<Path> = new Set()): ConstrainedSelection =>
    holdMissing(context, selection, removable, new Uint8Array(analysis.wiring.count))
}
