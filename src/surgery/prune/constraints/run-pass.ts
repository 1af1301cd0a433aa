/**
 * One pass over a selection: widths are topped up, a branch without channels is removed whole, and what the output needs
 * keeps its best channels.
 */
import { isInside, type Path, parentPath } from '../../../net/path.js'
import { ensureOutput } from './ensure-output.js'
import { type ConstrainedSelection, type Context, hasOutput, isKept, type Pass, topUp } from './pass.js'

const beginPass = (
  context: Context,
  selection: Uint8Array,
  removable: ReadonlySet<Path>,
  held: Uint8Array,
): Pass => ({
  ...context,
  held,
  removable,
  kept: selection.map((selected, wire) => (selected === 1 || held[wire] === 1 ? 1 : 0)),
  bypassed: new Set(),
  dropped: new Set(),
  rescued: [],
})

/** The kept wires of removed branches: others make them too, and lack these branches' channels beside them. */
const orphansOf = ({ analysis, kept, dropped, bypassed }: Pass): readonly number[] => {
  const places = [...dropped]
  const branches = places.filter(
    place =>
      !bypassed.has(parentPath(place)) && !places.some(other => other !== place && isInside(other, place)),
  )
  return branches.flatMap(place => [...(analysis.wiring.out.get(place) ?? [])].filter(isKept({ kept })))
}

/** A selection after one pass. */
export interface PassResult {
  readonly constrained: ConstrainedSelection
  /** Wires that are kept although a branch that makes them was removed; none where all that is left fits. */
  readonly orphans: readonly number[]
}

/** Makes a selection fit. */
export const runPass = (
  context: Context,
  selection: Uint8Array,
  removable: ReadonlySet<Path>,
  held: Uint8Array,
): PassResult => {
  const pass = beginPass(context, selection, removable, held)
  const { groups, net } = context.analysis
  groups.forEach(({ fixed }, group) => {
    if (fixed === null) topUp(pass, group, 0)
  })
  ensureOutput(pass, net.body)
  const places = [...pass.dropped]
  const stays = (path: Path): boolean => !places.some(place => isInside(place, path))
  const constrained = {
    kept: pass.kept,
    bypassed: new Set([...pass.bypassed].filter(path => hasOutput(pass, path) && stays(path))),
    dropped: pass.dropped,
    rescued: pass.rescued.filter(({ at }) => stays(at)),
  }
  return { constrained, orphans: orphansOf(pass) }
}
