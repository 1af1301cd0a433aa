/** What of the old net's arrays lives on in a grown net: channels are followed through both and matched. */
import type { Inferred } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { allWeightSpecs, type WeightSpec, weightKey } from '../../net/weight-specs.js'
import { joinWires, range, traceWires, type Wires, wiresOfAxes } from '../../net/wiring.js'
import type { AxisMap, Origin, Remap } from '../remap.js'
import type { Passthrough } from './passthrough.js'

/** Gives each channel a number by the layer that makes it, the same in both nets. */
const numbering = () => {
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

/** A sum is known by what goes around: that stays when a body changes. */
const around = (_: Path, __: Int32Array, shortcut: Int32Array): Int32Array => shortcut

/** The old place of each value, those that come several times matched in turn; null where all are in their place. */
const matched = (before: Int32Array, after: Int32Array): AxisMap => {
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

interface Two {
  readonly before: Wires
  readonly after: Wires
}

/** How the layers of a grown net relate to those of the old one. */
export interface LayerMatch {
  /** The path a layer had; null for a new one. */
  readonly originOf: (path: Path) => Path | null
  /** How a new module passes on what comes in; null where it does not. */
  readonly passage: Passthrough | null
  /** New layers whose channels are new even where they hand on old ones. */
  readonly isStrange: (path: Path) => boolean
}

const followBoth = (before: Inferred, after: Inferred, { originOf, passage, isStrange }: LayerMatch): Two => {
  const { fresh, of } = numbering()
  const image = of('', channelsOf(before.get('')?.input ?? []))
  return {
    before: traceWires({ made: of, summed: around })(before, image),
    after: traceWires({
      made: (path, count, x) => {
        const origin = originOf(path)
        if (origin !== null) return of(origin, count)
        const passed = passage?.units.get(path)?.from.map(place => x[place] ?? 0) ?? range(0)
        return joinWires([passed, fresh(count - passed.length)])
      },
      summed: around,
      given: (path, y) => (isStrange(path) ? fresh(y.length) : y),
    })(after, image),
  }
}

/** Where the arrays of the grown net come from. */
export const matchChannels = (before: Inferred, after: Inferred, kinship: LayerMatch): Remap => {
  const both = followBoth(before, after, kinship)
  const origin = ({ slot, at, shape, trained }: WeightSpec): Origin => {
    const from = kinship.originOf(at)
    const layer = after.get(at)?.layer
    if (from === null || layer === undefined) return { from: null, shape, trained, axes: [] }
    const old = wiresOfAxes(both.before)(from, layer, slot)
    const axes = wiresOfAxes(both.after)(at, layer, slot).map((now, axis) => {
      const then = old[axis]
      return now === null || then == null ? null : matched(then, now)
    })
    return { from: weightKey(from, slot), shape, trained, axes }
  }
  return new Map(allWeightSpecs(after).map(slot => [slot.key, origin(slot)]))
}
