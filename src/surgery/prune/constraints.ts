/**
 * From the channels one would like to remove to those that can go: widths are topped up, a branch that starves goes
 * whole, and what the output needs keeps its best, as many as the floor says.
 */

import { childPath, isInside, type Path } from '../../net/path.js'
import { type Concat, childrenOf, type Layer, type Residual } from '../../net/tree.js'
import { type Analysis, isMadeInside, wiresMadeInside } from '../analysis/analysis.js'
import { leastOf, trunkOf, type Widths } from '../analysis/trunk.js'

export interface Constraints {
  /** By wire, 1 where it must stay. */
  readonly pinned: Uint8Array
  /** By wire: of those that must not all go, the highest stay. */
  readonly score: Float64Array
  /** Channels each group keeps at least; only with 0 may a group go whole. */
  readonly minChannels: number
  /** Kept channels of a group are topped up to a roundTo of this. */
  readonly roundTo: number
  /** Share of its width that a value everything passes keeps at least. */
  readonly floor: number
  /** What the floor is a share of; the widths of the net itself where nothing is told. */
  readonly widths: Widths
  /** Layers that may not go, nor what they lie in. */
  readonly freeze: readonly Path[]
}

/** A place that would have lost its last channel. */
export interface Rescue {
  readonly at: Path
  /** Whether what goes out would have been cut off; else the place was only bound to one that stays. */
  readonly vital: boolean
}

export interface Constrained {
  /** By wire. */
  readonly kept: Uint8Array
  /** Residuals that stay and whose body goes whole. */
  readonly bypassed: ReadonlySet<Path>
  readonly rescued: readonly Rescue[]
}

type Need = 'vital' | 'bound' | null

const isBest =
  (score: Float64Array) =>
  (a: number, b: number): number =>
    (score[b] ?? 0) - (score[a] ?? 0) || a - b

/** How many of `size` channels stay where `kept` would. */
const widthOf =
  ({ minChannels, roundTo }: Constraints) =>
  (kept: number, size: number): number =>
    Math.min(size, Math.ceil(Math.max(kept, minChannels) / roundTo) * roundTo)

/**
 * Settles one wish after another over the same net.
 *
 * Law  what is left fits; a wish that can be had as it is is left as it is; what is pinned stays
 */
export const applyConstraints = (anatomy: Analysis, limits: Constraints) => {
  const { wiring, groups, groupOf } = anatomy
  const { pinned, score } = limits
  const widened = widthOf(limits)
  const best = groups.map(({ wires }) => [...wires].sort(isBest(score)))
  const privates = new Map<Path, readonly number[]>()
  const privateIn = (place: Path): readonly number[] => {
    const known = privates.get(place) ?? wiresMadeInside(anatomy, place)
    privates.set(place, known)
    return known
  }

  const least = leastOf(limits.floor, limits.widths)

  /** What is held goes neither by itself nor with what it lies in. */
  const settleHolding = (wish: Uint8Array, worthless: ReadonlySet<Path>, held: Uint8Array): Constrained => {
    const kept = wish.map((wished, each) => (wished === 1 || held[each] === 1 ? 1 : 0))
    const bypassed = new Set<Path>()
    const dropped: Path[] = []
    const rescued: Rescue[] = []
    const stays = (each: number): boolean => kept[each] === 1
    const outOf = (path: Path): Int32Array => wiring.out.get(path) ?? new Int32Array()

    const topUp = (group: number, floor: number): void => {
      const wires = best[group] ?? []
      const width = wires.filter(stays).length
      if (width === 0 && floor === 0 && limits.minChannels === 0) return
      const missing = widened(Math.max(width, floor), wires.length) - width
      for (const each of wires.filter(one => !stays(one)).slice(0, missing)) kept[each] = 1
    }

    const rescue = (at: Path, need: Need): void => {
      const [first] = [...outOf(at)].sort(isBest(score))
      if (first === undefined) return
      rescued.push({ at, vital: need === 'vital' })
      kept[first] = 1
      topUp(groupOf[first] ?? 0, 1)
    }

    const guarded = (path: Path): boolean =>
      limits.freeze.some(place => isInside(path, place) || isInside(place, path))
    const mayGo = (path: Path): boolean =>
      !guarded(path) && privateIn(path).every(each => pinned[each] === 0 && held[each] === 0)
    const leavesNothing = (path: Path): boolean =>
      outOf(path).every(each => !stays(each) || isMadeInside(anatomy, path)(each))
    const drop = (path: Path): void => {
      dropped.push(path)
      for (const each of privateIn(path)) kept[each] = 0
    }

    /** Whether the layer passes anything on; where it is needed, it is made to. */
    const alive = (layer: Layer, path: Path, need: Need): boolean => {
      const child = (each: Layer, needed: Need) => alive(each, childPath(path, each.name), needed)
      switch (layer._tag) {
        case 'stack':
          return layer.layers.every(each => child(each, need))
        case 'concat':
          return anyBranch(layer, path, need)
        case 'residual':
          return aroundOrThrough(layer, path, need)
        default:
          if (need !== null && !outOf(path).some(stays)) rescue(path, need)
          return outOf(path).some(stays)
      }
    }

    const anyBranch = (layer: Concat, path: Path, need: Need): boolean => {
      const at = (branch: Layer) => childPath(path, branch.name)
      const dead = layer.branches.filter(branch => !alive(branch, at(branch), null))
      const saved = dead.filter(branch => !mayGo(at(branch)) || !leavesNothing(at(branch)))
      const value = (branch: Layer) => Math.max(...[...outOf(at(branch))].map(each => score[each] ?? 0))
      if (need !== null && dead.length === layer.branches.length && saved.length === 0)
        saved.push(...dead.toSorted((a, b) => value(b) - value(a)).slice(0, 1))
      const bound: Need = dead.length === layer.branches.length ? need : 'bound'
      for (const branch of dead)
        if (saved.includes(branch)) alive(branch, at(branch), bound ?? 'bound')
        else drop(at(branch))
      return dead.length < layer.branches.length || saved.length > 0
    }

    const aroundOrThrough = (layer: Residual, path: Path, need: Need): boolean => {
      if (!outOf(path).some(stays)) {
        if (need === null) return false
        rescue(path, need)
      }
      const body = childPath(path, layer.body.name)
      const idle = worthless.has(path) || !alive(layer.body, body, null)
      if (idle && limits.minChannels === 0 && !guarded(path) && mayGo(body)) {
        bypassed.add(path)
        drop(body)
      } else if (idle) alive(layer.body, body, 'bound')
      return alive(layer.shortcut, childPath(path, layer.shortcut.name), need)
    }

    groups.forEach((group, nth) => {
      if (group.fixed === null) topUp(nth, 0)
    })
    alive(anatomy.net.body, '', 'vital')
    const stands = (path: Path): boolean =>
      outOf(path).some(stays) && !dropped.some(place => isInside(place, path))
    return { kept, bypassed: new Set([...bypassed].filter(stands)), rescued }
  }

  /** The best of what a value of the trunk lacks to its floor. */
  const lackingIn = ({ kept, bypassed }: Constrained): readonly number[] => {
    const isGone = (path: Path): boolean => (wiring.out.get(path) ?? []).every(each => kept[each] === 0)
    const trunk = trunkOf(anatomy, { isGone, isBypassed: path => bypassed.has(path) })
    return trunk.flatMap(value => {
      const gone = [...value.wires].filter(each => kept[each] === 0).sort(isBest(score))
      return gone.slice(0, Math.max(0, least(value) - (value.wires.length - gone.length)))
    })
  }

  /** Holds more until no floor is broken: each time something new, so that it ends. */
  const settleAbove = (wish: Uint8Array, worthless: ReadonlySet<Path>, held: Uint8Array): Constrained => {
    const settled = settleHolding(wish, worthless, held)
    const lacking = limits.floor > 0 ? lackingIn(settled) : []
    if (lacking.length === 0) return settled
    const more = held.slice()
    for (const each of lacking) more[each] = 1
    return settleAbove(wish, worthless, more)
  }

  return (wish: Uint8Array, worthless: ReadonlySet<Path> = new Set()): Constrained =>
    settleAbove(wish, worthless, new Uint8Array(wiring.count))
}

/** Every residual of a layer, by path. */
export const residualsOf = (layer: Layer, path: Path = ''): readonly (readonly [Path, Residual])[] => [
  ...(layer._tag === 'residual' ? [[path, layer] as const] : []),
  ...childrenOf(layer).flatMap(child => residualsOf(child, childPath(path, child.name))),
]
