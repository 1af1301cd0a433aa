/** Which old channel each channel of a grown net is: both nets are traced, and their channels matched. */
import { elementAt } from '../../net/element.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { allWeightSpecs, type WeightSpec, weightKey } from '../../net/weight-specs.js'
import { joinWires, range, traceWires, type Wires, wiresOfAxes } from '../../net/wiring.js'
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
  const of = (path: Path, count: number): Int32Array => {
    const before = known.get(path) ?? range(0)
    const now = before.length < count ? joinWires([before, fresh(count - before.length)]) : before
    known.set(path, now)
    return now.length === count ? now : now.slice(0, count)
  }
  return { fresh, of }
}

/** A sum has the channels of its shortcut: those stay when the body changes. */
const takeShortcut = (_: Path, __: Int32Array, shortcut: Int32Array): Int32Array => shortcut

/** The old place of each channel, repeated ones matched in turn; null where every place is unchanged. */
const matchPlaces = (before: Int32Array, after: Int32Array): AxisMap => {
  if (before.length === after.length && before.every((each, i) => each === after[i])) return null
  const places = new Map<number, number[]>()
  before.forEach((each, place) => {
    const known = places.get(each)
    if (known === undefined) places.set(each, [place])
    else known.push(place)
  })
  const met = new Map<number, number>()
  return after.map(each => {
    const nth = met.get(each) ?? 0
    met.set(each, nth + 1)
    return places.get(each)?.[nth] ?? -1
  })
}

/** The channels of the old and the grown net, numbered alike. */
interface TracedNets {
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
}

const traceBoth = (before: CheckedNet, after: CheckedNet & LayerMatch): TracedNets => {
  const { originOf, passage, isStrange } = after
  const { fresh, of } = createNumbering()
  const image = of('', channelsOf(before.net.input))
  return {
    before: traceWires({ made: of, summed: takeShortcut })(before, image),
    after: traceWires({
      made: (path, count, x) => {
        const origin = originOf(path)
        if (origin !== null) return of(origin, count)
        const passed = passage?.units.get(path)?.from.map(place => elementAt(x, place)) ?? range(0)
        return joinWires([passed, fresh(count - passed.length)])
      },
      summed: takeShortcut,
      given: (path, y) => (isStrange(path) ? fresh(y.length) : y),
    })(after, image),
  }
}

/** Where the arrays of the grown net come from. */
export const matchChannels = (before: CheckedNet, after: CheckedNet & LayerMatch): Remap => {
  const both = traceBoth(before, after)
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
