/** What of the old net's arrays lives on in a grown net: channels are followed through both and matched. */
import type { Inferred } from '../net/infer.js'
import type { Path } from '../net/path.js'
import { channelsOf } from '../net/shape.js'
import { allSlots, keyOf, type Slot } from '../net/slots.js'
import { along, type Followed, follow, joined, upTo } from '../net/wires.js'
import type { Passage } from './passage.js'
import type { Origin, Places, Remap } from './remap.js'

/** Gives each channel a number by the layer that makes it, the same in both nets. */
const numbering = () => {
  const known = new Map<Path, Int32Array>()
  let next = 0
  const fresh = (count: number): Int32Array => {
    next += count
    return upTo(count, next - count)
  }
  const of = (path: Path, count: number): Int32Array => {
    const before = known.get(path) ?? upTo(0)
    const now = before.length < count ? joined([before, fresh(count - before.length)]) : before
    known.set(path, now)
    return now.length === count ? now : now.slice(0, count)
  }
  return { fresh, of }
}

/** A sum is known by what goes around: that stays when a body changes. */
const around = (_: Path, __: Int32Array, shortcut: Int32Array): Int32Array => shortcut

/** The old place of each value, those that come several times matched in turn; null where all are in their place. */
const matched = (before: Int32Array, after: Int32Array): Places => {
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
  readonly before: Followed
  readonly after: Followed
}

/** How the layers of a grown net relate to those of the old one. */
export interface Kinship {
  /** The path a layer had; null for a new one. */
  readonly originOf: (path: Path) => Path | null
  /** How a new module passes on what comes in; null where it does not. */
  readonly passage: Passage | null
  /** New layers whose channels are new even where they hand on old ones. */
  readonly isStrange: (path: Path) => boolean
}

const followBoth = (before: Inferred, after: Inferred, { originOf, passage, isStrange }: Kinship): Two => {
  const { fresh, of } = numbering()
  const image = of('', channelsOf(before.get('')?.input ?? []))
  return {
    before: follow({ made: of, summed: around })(before, image),
    after: follow({
      made: (path, count, x) => {
        const origin = originOf(path)
        if (origin !== null) return of(origin, count)
        const passed = passage?.units.get(path)?.from.map(place => x[place] ?? 0) ?? upTo(0)
        return joined([passed, fresh(count - passed.length)])
      },
      summed: around,
      given: (path, y) => (isStrange(path) ? fresh(y.length) : y),
    })(after, image),
  }
}

/** Where the arrays of the grown net come from. */
export const adopting = (before: Inferred, after: Inferred, kinship: Kinship): Remap => {
  const both = followBoth(before, after, kinship)
  const origin = ({ slot, at, shape, trained }: Slot): Origin => {
    const from = kinship.originOf(at)
    const layer = after.get(at)?.layer
    if (from === null || layer === undefined) return { from: null, shape, trained, axes: [] }
    const old = along(both.before)(from, layer, slot)
    const axes = along(both.after)(at, layer, slot).map((now, axis) => {
      const then = old[axis]
      return now === null || then == null ? null : matched(then, now)
    })
    return { from: keyOf(from, slot), shape, trained, axes }
  }
  return new Map(allSlots(after).map(slot => [slot.key, origin(slot)]))
}
