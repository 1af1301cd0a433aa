/** Which old channel each channel of a grown net is: both nets are traced, and their channels matched. */

import { addTo, groupBy } from '../../io/count.js'
import { elementAt, isSameList } from '../../io/element.js'
import { joinWires, range, traceWires, type Wires, wiresOfAxes } from '../../net/channels/wiring.js'
import type { CheckedNet } from '../../net/infer.js'
import { childPath, type Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer } from '../../net/tree.js'
import { allWeightSpecs, type WeightSpec, weightKey } from '../../net/weight-specs.js'
import type { AxisMap, Origin, Remap } from '../remap.js'
import type { Passthrough } from './passthrough.js'

/** Numbers channels by the layer that makes them, alike in both nets. */
const createNumbering = () => {
  const known = new Map<Path, Int32Array>()
  let next = 0
  const fresh = (count: number): Int32Array => {
    next += count
    return range(count, next - count)
  }
  const extend = (before: Int32Array, count: number, groups: number): Int32Array => {
    const [old, more] = [before.length / groups, (count - before.length) / groups]
    const group = (_: unknown, nth: number) => [before.slice(nth * old, (nth + 1) * old), fresh(more)]
    return joinWires(Array.from({ length: groups }, group).flat())
  }
  const of = (path: Path, count: number, groups = 1): Int32Array => {
    const before = known.get(path) ?? range(0)
    const now = before.length < count ? extend(before, count, groups) : before
    known.set(path, now)
    return now.length === count ? now : now.slice(0, count)
  }
  return { fresh, of }
}

/** A sum has the channels of its shortcut: those stay when the body changes. */
const takeShortcut = (_: Path, __: Int32Array, shortcut: Int32Array): Int32Array => shortcut

/** The old place of each channel, repeated ones matched in turn; null where every place is unchanged. */
const matchPlaces = (before: Int32Array, after: Int32Array): AxisMap => {
  if (isSameList(before, after)) return null
  const places = groupBy(before.keys(), place => elementAt(before, place))
  const met = new Map<number, number>()
  return after.map(each => places.get(each)?.[addTo(met, each) - 1] ?? -1)
}

/** The channels of the old and the grown net, numbered alike. */
export interface TracedNets {
  readonly before: Wires
  readonly after: Wires
}

/** How the layers of a grown net relate to those of the old one. */
export interface LayerMatch {
  /** The path a layer had; null for a new one. */
  readonly originOf: (path: Path) => Path | null
  /** How a new module passes its input on; null where it does not. */
  readonly passage: Passthrough | null
  /** New layers whose output counts as new channels even where it passes old ones on. */
  readonly isStrange: (path: Path) => boolean
  /** In how many groups the new channels of an old layer lie, at the end of each. */
  readonly groupsOf: (path: Path) => number
}

/** Follows the channels of both nets. */
export const traceBoth = (before: CheckedNet, after: CheckedNet & LayerMatch): TracedNets => {
  const { originOf, passage, isStrange, groupsOf } = after
  const { fresh, of } = createNumbering()
  const image = of('', channelsOf(before.net.input))
  /** The channels of a new layer: those it passes on, and new ones. */
  const passOn = (path: Path, count: number, x: Int32Array): Int32Array => {
    const [y, unit] = [fresh(count), passage?.units.get(path)]
    unit?.to.forEach((place, i) => {
      y[place] = elementAt(x, elementAt(unit.from, i))
    })
    return y
  }
  return {
    before: traceWires({ made: (path, count) => of(path, count), summed: takeShortcut })(before, image),
    after: traceWires({
      made: (path, count, x) => {
        const origin = originOf(path)
        return origin === null ? passOn(path, count, x) : of(origin, count, groupsOf(path))
      },
      summed: takeShortcut,
      given: (path, y) => (isStrange(path) ? fresh(y.length) : y),
    })(after, image),
  }
}

/** Where the arrays of the grown net come from. */
export const matchChannels = (both: TracedNets, after: CheckedNet & LayerMatch): Remap => {
  const origin = ({ slot, at, shape, trained }: WeightSpec): Origin => {
    const from = after.originOf(at)
    const layer = after.layers.get(at)?.layer
    if (from === null || layer === undefined) return { from: null, shape, trained, axes: [] }
    const old = wiresOfAxes(both.before)(from, layer, slot)
    const axes = wiresOfAxes(both.after)(at, layer, slot).map((now, axis) => {
      const then = old[axis]
      return now === null || then == null ? null : matchPlaces(then, now)
    })
    return { from: weightKey(from, slot), shape, trained, axes }
  }
  return new Map(allWeightSpecs(after).map(spec => [spec.key, origin(spec)]))
}

/** In how many groups a layer knows channels by their numbers: a slice as one; null where it does not. */
const groupsKnownTo = (layer: Layer): number | null => {
  if (layer._tag === 'channelSlice' || (layer._tag === 'own' && layer.channels === 'mixed')) return 1
  return layer._tag === 'channelShuffle' || (layer._tag === 'conv' && layer.groups > 1) ? layer.groups : null
}

/** Whether each group begins with the channels it had. */
const keepsGroups = (before: Int32Array, after: Int32Array, groups: number): boolean => {
  const [old, now] = [before.length / groups, after.length / groups]
  return before.every((each, i) => each === after[Math.floor(i / old) * now + (i % old)])
}

/** A layer of the grown net, and where it was in the old one. */
interface Moved {
  readonly path: Path
  readonly from: Path
}

/** Channels on one side of a layer. */
type Side = (wires: Wires, path: Path) => Int32Array

const into: Side = (wires, path) => wires.into.get(path) ?? range(0)
const out: Side = (wires, path) => wires.out.get(path) ?? range(0)

/** Whether a layer that knows channels by their numbers finds them there. */
const keepsNumbers = ({ before, after }: TracedNets, layer: Layer, { path, from }: Moved): boolean => {
  const groups = groupsKnownTo(layer)
  const isKept = (side: Side) => groups === null || keepsGroups(side(before, from), side(after, path), groups)
  return isKept(into) && (layer._tag !== 'conv' || isKept(out))
}

/** What a layer adds or multiplies channel by channel, each as a side of it. */
const pairedBy = (layer: Layer): readonly [Side, Side] | null => {
  if (layer._tag !== 'residual' && layer._tag !== 'gate') return null
  const child =
    ({ name }: Layer): Side =>
    (wires, path) =>
      out(wires, childPath(path, name))
  return [child(layer.body), layer._tag === 'gate' ? into : child(layer.shortcut)]
}

/** Whether a sum or a gate still joins the channels that it joined; new ones may stand in for either. */
const keepsPairs = ({ before, after }: TracedNets, layer: Layer, { path, from }: Moved): boolean => {
  const sides = pairedBy(layer)
  if (sides === null) return true
  const [one, other] = sides.map(side => matchPlaces(side(before, from), side(after, path)))
  return out(after, path).every((_, i) => {
    const [a, b] = [one?.[i] ?? i, other?.[i] ?? i]
    return a === b || a < 0 || b < 0
  })
}

/** Whether each class is still the output of its number. */
const keepsClasses = ({ before, after }: TracedNets): boolean =>
  keepsGroups(out(before, ''), out(after, ''), 1)

/**
 * A layer of the old net that would find other channels under the numbers, or beside others, by which it knows them;
 * the net itself, at the path `''`, where its output would; null where there is none.
 */
export const findRenumbered = (both: TracedNets, after: CheckedNet & LayerMatch): Path | null => {
  const isKept = (path: Path, layer: Layer): boolean => {
    const from = after.originOf(path)
    if (from === null) return true
    return keepsNumbers(both, layer, { path, from }) && keepsPairs(both, layer, { path, from })
  }
  const moved = [...after.layers.values()].find(({ path, layer }) => !isKept(path, layer))
  return moved?.path ?? (keepsClasses(both) ? null : '')
}
