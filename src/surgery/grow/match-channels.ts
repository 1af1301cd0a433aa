/** Which old channel each channel of a grown net is: both nets are traced, and their channels matched. */
import { elementAt } from '../../net/element.js'
import type { Inferred } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import type { Layer } from '../../net/tree.js'
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

const traceBoth = (
  before: Inferred,
  after: Inferred,
  { originOf, passage, isStrange }: LayerMatch,
): TracedNets => {
  const { fresh, of } = createNumbering()
  const image = of('', channelsOf(before.get('')?.input ?? []))
  /** The channels of a new layer: those it passes on, and new ones. */
  const passOn = (path: Path, count: number, x: Int32Array): Int32Array => {
    const [y, unit] = [fresh(count), passage?.units.get(path)]
    unit?.to.forEach((place, i) => {
      y[place] = elementAt(x, elementAt(unit.from, i))
    })
    return y
  }
  return {
    before: traceWires({ made: of, summed: takeShortcut })(before, image),
    after: traceWires({
      made: (path, count, x) => {
        const origin = originOf(path)
        return origin === null ? passOn(path, count, x) : of(origin, count)
      },
      summed: takeShortcut,
      given: (path, y) => (isStrange(path) ? fresh(y.length) : y),
    })(after, image),
  }
}

/** Where the arrays of the grown net come from. */
export const matchChannels = (before: Inferred, after: Inferred, match: LayerMatch): Remap => {
  const both = traceBoth(before, after, match)
  const origin = ({ slot, at, shape, trained }: WeightSpec): Origin => {
    const from = match.originOf(at)
    const layer = after.get(at)?.layer
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

/** Whether a layer knows channels by their numbers. */
const numbersChannels = (layer: Layer): boolean =>
  layer._tag === 'channelSlice' ||
  layer._tag === 'channelShuffle' ||
  (layer._tag === 'conv' && layer.groups > 1)

/** A layer of the old net that knows channels by numbers which others have now; null where there is none. */
export const findRenumbered = (before: Inferred, after: Inferred, match: LayerMatch): Path | null => {
  const both = traceBoth(before, after, match)
  const isMoved = (path: Path, layer: Layer): boolean => {
    const from = match.originOf(path)
    const moved = (side: 'into' | 'out'): boolean =>
      matchPlaces(both.before[side].get(from ?? '') ?? range(0), both.after[side].get(path) ?? range(0)) !==
      null
    return from !== null && numbersChannels(layer) && (moved('into') || moved('out'))
  }
  return [...after.values()].find(({ path, layer }) => isMoved(path, layer))?.path ?? null
}
