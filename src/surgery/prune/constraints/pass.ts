/** A selection while it is made to fit: what is kept, what is removed whole, and the edits of both. */
import { elementAt } from '../../../io/element.js'
import { isInside, type Path } from '../../../net/path.js'
import { type Analysis, isMadeInside } from '../../analysis/analysis.js'
import type { Widths } from '../../analysis/trunk.js'
import type { Multiple } from './rounding.js'

export interface Constraints {
  /** By wire, 1 where it must stay. */
  readonly pinned: Uint8Array
  /** By wire: where some must stay, those with the highest scores do. */
  readonly score: Float64Array
  /** Channels each group keeps at least; only with 0 may a whole group be removed. */
  readonly minChannels: number
  /** The number of a group's kept channels is rounded up to a multiple of this. */
  readonly multipleOf: Multiple
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
  /** Branches and bodies that are removed whole, with all that lies in them. */
  readonly dropped: ReadonlySet<Path>
  readonly rescued: readonly Rescue[]
}

/** Whether a residual has lost its body; one that was removed itself, with what it lies in, has too. */
export const isBodyRemoved =
  ({ bypassed, dropped }: ConstrainedSelection) =>
  (path: Path): boolean =>
    bypassed.has(path) || [...dropped].some(place => isInside(place, path))

/** Why a layer must keep a channel: for the output of the net, or for a layer that stays; null where it need not. */
export type Need = 'vital' | 'bound' | null

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
export interface Pass extends Context {
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
const roundWidth = ({ minChannels, multipleOf }: Constraints, kept: number, size: number): number => {
  const multiple = multipleOf(size)
  return Math.min(size, Math.ceil(Math.max(kept, minChannels) / multiple) * multiple)
}

export const isKept =
  ({ kept }: Pick<Pass, 'kept'>) =>
  (wire: number): boolean =>
    kept[wire] === 1

export const outputWires = ({ analysis }: Context, path: Path): Int32Array =>
  analysis.wiring.out.get(path) ?? new Int32Array()

export const hasOutput = (pass: Pass, path: Path): boolean => outputWires(pass, path).some(isKept(pass))

/** Keeps the best of a group's removed wires until its width is allowed, and at least `least`. */
export const topUp = (pass: Pass, group: number, least: number): void => {
  const wires = elementAt(pass.ranked, group)
  const width = wires.filter(isKept(pass)).length
  if (width === 0 && least === 0 && pass.limits.minChannels === 0) return
  const missing = roundWidth(pass.limits, Math.max(width, least), wires.length) - width
  if (missing === 0) return
  for (const wire of wires.filter(each => !isKept(pass)(each)).slice(0, missing)) pass.kept[wire] = 1
}

/** Keeps the best channel of a layer, with as many of its group as are allowed together. */
export const rescue = (pass: Pass, at: Path, need: Need): void => {
  const [best] = [...outputWires(pass, at)].sort(byScore(pass.limits.score))
  if (best === undefined) return
  pass.rescued.push({ at, vital: need === 'vital' })
  pass.kept[best] = 1
  topUp(pass, elementAt(pass.analysis.groupOf, best), 1)
}

export const isFrozen = ({ limits }: Context, path: Path): boolean =>
  limits.freeze.some(place => isInside(path, place) || isInside(place, path))

export const canDrop = (pass: Pass, path: Path): boolean =>
  !isFrozen(pass, path) &&
  pass.wiresInside(path).every(wire => pass.limits.pinned[wire] === 0 && pass.held[wire] === 0)

/** Whether no kept channel of a layer's output is made outside it. */
export const makesOwnOutput = (pass: Pass, path: Path): boolean =>
  outputWires(pass, path).every(wire => !isKept(pass)(wire) || isMadeInside(pass.analysis, path)(wire))

export const drop = (pass: Pass, path: Path): void => {
  pass.dropped.add(path)
  for (const wire of pass.wiresInside(path)) pass.kept[wire] = 0
}

/** A branch that stays after all: what was removed inside is looked at again. */
export const restore = ({ dropped }: Pass, path: Path): void => {
  for (const place of dropped) if (isInside(path, place)) dropped.delete(place)
}
