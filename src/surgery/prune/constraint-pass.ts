/**
 * One pass over a selection: widths are topped up, a branch without channels is removed whole, and what the output needs
 * keeps its best channels.
 */
import { elementAt } from '../../net/element.js'
import { childPath, isInside, type Path, parentPath } from '../../net/path.js'
import type { Concat, Gate, Layer, Residual } from '../../net/tree.js'
import { type Analysis, isMadeInside } from '../analysis/analysis.js'
import type { Widths } from '../analysis/trunk.js'

export interface Constraints {
  /** By wire, 1 where it must stay. */
  readonly pinned: Uint8Array
  /** By wire: where some must stay, those with the highest scores do. */
  readonly score: Float64Array
  /** Channels each group keeps at least; only with 0 may a whole group be removed. */
  readonly minChannels: number
  /** The number of a group's kept channels is rounded up to a multiple of this. */
  readonly roundTo: number
  /** Share of its width that a value everything passes keeps at least. */
  readonly floor: number
  /** What the floor is a share of; by default the widths of the net itself. */
  readonly widths: Widths
  /** Layers that may not be removed, nor what they lie in. */
  readonly freeze: readonly Path[]
}

/** A layer that would have lost its last channel. */
export interface Rescue {
  readonly at: Path
  /** Whether the output of the net would have been cut off; else only a layer that stays needs this one. */
  readonly vital: boolean
}

export interface ConstrainedSelection {
  /** By wire. */
  readonly kept: Uint8Array
  /** Residuals that stay and whose body is removed. */
  readonly bypassed: ReadonlySet<Path>
  readonly rescued: readonly Rescue[]
}

/** Why a layer must keep a channel: for the output of the net, or for a layer that stays; null where it need not. */
type Need = 'vital' | 'bound' | null

/** What stays the same from one selection to the next. */
export interface Context {
  readonly analysis: Analysis
  readonly limits: Constraints
  /** By group, its wires, the highest scores first. */
  readonly ranked: readonly (readonly number[])[]
  /** The wires made inside a layer and nowhere else. */
  readonly wiresInside: (place: Path) => readonly number[]
}

/** A selection while it is made to fit. */
interface Pass extends Context {
  /** By wire, 1 where a floor holds it: it is removed neither by itself nor with what it lies in. */
  readonly held: Uint8Array
  /** Residuals whose bodies are to be removed. */
  readonly removable: ReadonlySet<Path>
  readonly kept: Uint8Array
  readonly bypassed: Set<Path>
  readonly dropped: Set<Path>
  readonly rescued: Rescue[]
}

/** Higher scores first. */
export const byScore =
  (score: Float64Array) =>
  (a: number, b: number): number =>
    elementAt(score, b) - elementAt(score, a) || a - b

/** How many of `size` channels stay where `kept` were selected to. */
const roundWidth = ({ minChannels, roundTo }: Constraints, kept: number, size: number): number =>
  Math.min(size, Math.ceil(Math.max(kept, minChannels) / roundTo) * roundTo)

const isKept =
  ({ kept }: Pick<Pass, 'kept'>) =>
  (wire: number): boolean =>
    kept[wire] === 1

const outputWires = ({ analysis }: Context, path: Path): Int32Array =>
  analysis.wiring.out.get(path) ?? new Int32Array()

const hasOutput = (pass: Pass, path: Path): boolean => outputWires(pass, path).some(isKept(pass))

/** Keeps the best of a group's removed wires until its width is allowed, and at least `least`. */
const topUp = (pass: Pass, group: number, least: number): void => {
  const wires = elementAt(pass.ranked, group)
  const width = wires.filter(isKept(pass)).length
  if (width === 0 && least === 0 && pass.limits.minChannels === 0) return
  const missing = roundWidth(pass.limits, Math.max(width, least), wires.length) - width
  for (const wire of wires.filter(each => !isKept(pass)(each)).slice(0, missing)) pass.kept[wire] = 1
}

/** Keeps the best channel of a layer, with as many of its group as are allowed together. */
const rescue = (pass: Pass, at: Path, need: Need): void => {
  const [best] = [...outputWires(pass, at)].sort(byScore(pass.limits.score))
  if (best === undefined) return
  pass.rescued.push({ at, vital: need === 'vital' })
  pass.kept[best] = 1
  topUp(pass, elementAt(pass.analysis.groupOf, best), 1)
}

const isFrozen = ({ limits }: Context, path: Path): boolean =>
  limits.freeze.some(place => isInside(path, place) || isInside(place, path))

const canDrop = (pass: Pass, path: Path): boolean =>
  !isFrozen(pass, path) &&
  pass.wiresInside(path).every(wire => pass.limits.pinned[wire] === 0 && pass.held[wire] === 0)

/** Whether no kept channel of a layer's output is made outside it. */
const makesAllItGives = (pass: Pass, path: Path): boolean =>
  outputWires(pass, path).every(wire => !isKept(pass)(wire) || isMadeInside(pass.analysis, path)(wire))

const drop = (pass: Pass, path: Path): void => {
  pass.dropped.add(path)
  for (const wire of pass.wiresInside(path)) pass.kept[wire] = 0
}

/** A branch that stays after all: what was removed inside is looked at again. */
const restore = ({ dropped }: Pass, path: Path): void => {
  for (const place of dropped) if (isInside(path, place)) dropped.delete(place)
}

/**
 * Whether a layer still gives an output; where one is needed, it is made to. A recursion of its own, since the need
 * comes from above and a branch may be visited again once its siblings are known.
 */
const ensureOutput = (pass: Pass, layer: Layer, path: Path, need: Need): boolean => {
  switch (layer._tag) {
    case 'stack':
      return layer.layers.every(each => ensureOutput(pass, each, childPath(path, each.name), need))
    case 'concat':
      return ensureBranch(pass, layer, path, need)
    case 'residual':
      return ensureSum(pass, layer, path, need)
    case 'gate':
      return ensureGate(pass, layer, path, need)
    default:
      if (need !== null && !hasOutput(pass, path)) rescue(pass, path, need)
      return hasOutput(pass, path)
  }
}

/** A branch of a concat, with its path. */
type BranchAt = readonly [path: Path, branch: Layer]

const bestScore = (pass: Pass, [path]: BranchAt): number =>
  Math.max(...[...outputWires(pass, path)].map(wire => elementAt(pass.limits.score, wire)))

/** Of the branches without an output, those that stay all the same. */
const branchesToSave = (pass: Pass, dead: readonly BranchAt[], oneIsNeeded: boolean): readonly BranchAt[] => {
  const bound = dead.filter(([path]) => !canDrop(pass, path) || !makesAllItGives(pass, path))
  return bound.length > 0 || !oneIsNeeded
    ? bound
    : dead.toSorted((a, b) => bestScore(pass, b) - bestScore(pass, a)).slice(0, 1)
}

const ensureBranch = (pass: Pass, { branches }: Concat, path: Path, need: Need): boolean => {
  const all = branches.map((branch): BranchAt => [childPath(path, branch.name), branch])
  const dead = all.filter(([at, branch]) => !ensureOutput(pass, branch, at, null))
  const noneLeft = dead.length === branches.length
  const saved = branchesToSave(pass, dead, noneLeft && need !== null)
  for (const each of dead) {
    const [at, branch] = each
    if (saved.includes(each)) {
      restore(pass, at)
      ensureOutput(pass, branch, at, (noneLeft ? need : null) ?? 'bound')
    } else drop(pass, at)
  }
  return !noneLeft || saved.length > 0
}

/** Removes a body without an output or of no worth, where it can be; else makes it give one. */
const ensureBody = (pass: Pass, { body }: Residual, path: Path): void => {
  const at = childPath(path, body.name)
  const isIdle = pass.removable.has(path) || !ensureOutput(pass, body, at, null)
  if (!isIdle) return
  if (pass.limits.minChannels === 0 && !isFrozen(pass, path) && canDrop(pass, at)) {
    pass.bypassed.add(path)
    drop(pass, at)
  } else ensureOutput(pass, body, at, 'bound')
}

const ensureSum = (pass: Pass, layer: Residual, path: Path, need: Need): boolean => {
  if (!hasOutput(pass, path)) {
    if (need === null) return false
    rescue(pass, path, need)
  }
  ensureBody(pass, layer, path)
  return ensureOutput(pass, layer.shortcut, childPath(path, layer.shortcut.name), need)
}

/** The factors of a gate are never 0 by themselves: its body stays as long as what it multiplies. */
const ensureGate = (pass: Pass, { body }: Gate, path: Path, need: Need): boolean => {
  if (!hasOutput(pass, path)) {
    if (need === null) return false
    rescue(pass, path, need)
  }
  return ensureOutput(pass, body, childPath(path, body.name), 'bound')
}

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
  ensureOutput(pass, net.body, '', 'vital')
  const places = [...pass.dropped]
  const stays = (path: Path): boolean => !places.some(place => isInside(place, path))
  const constrained = {
    kept: pass.kept,
    bypassed: new Set([...pass.bypassed].filter(path => hasOutput(pass, path) && stays(path))),
    rescued: pass.rescued.filter(({ at }) => stays(at)),
  }
  return { constrained, orphans: orphansOf(pass) }
}
