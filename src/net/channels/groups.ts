/** Dependency groups, derived from the tree: which channels are removed together, and on which axes of which weights. */
import { addTo } from '../../io/count.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet, PlacedLayer } from '../infer.js'
import type { Path } from '../path.js'
import { type WeightName, weightSpecsOf } from '../weight-specs.js'
import { fixedWires, fixes, type Wiring, wireNet, wiresOfAxes } from './wiring.js'

/** What a weight does with the channels along an axis: a kernel makes those of its last and reads those of the one before. */
export type Role = 'makes' | 'reads' | 'follows'

/** An axis of a stored array along which the group's channels lie. */
export interface Member {
  readonly path: Path
  readonly slot: WeightName
  readonly axis: number
  readonly role: Role
  /** `times` places on the axis for each channel of the group, channel after channel. */
  readonly rows: Int32Array
  /** 1, or more where a channel is repeated: height · width behind a flatten. */
  readonly times: number
}

/** Wires with the same members: each can be removed alone, with its place on every member's axis. */
export interface Group {
  /** The layer that makes its first wire, with their range where it makes others too; `input` for the image. */
  readonly name: string
  readonly wires: Int32Array
  /** The input and the output of the net keep their channels, and so does what a layer norm reads. */
  readonly fixed: (typeof fixes)[number]
  readonly members: readonly Member[]
}

interface Axis extends Omit<Member, 'rows' | 'times'> {
  readonly wires: Int32Array
}

const roleOf = (slot: WeightName, axis: number, axes: number): Role =>
  slot === 'kernel' && axis >= axes - 2 ? (axis === axes - 1 ? 'makes' : 'reads') : 'follows'

const axesOf =
  (wiring: Wiring) =>
  (placed: PlacedLayer): readonly Axis[] =>
    weightSpecsOf(placed).flatMap(({ at, slot, shape }) =>
      wiresOfAxes(wiring)(at, placed.layer, slot).flatMap((wires, axis): readonly Axis[] => {
        if (wires === null) return []
        const role = placed.layer._tag === 'depthwise' ? 'follows' : roleOf(slot, axis, shape.length)
        return [{ path: at, slot, axis, role, wires }]
      }),
    )

/** Bundles the wires that lie on the same axes equally often: each wire walks a trie, one step for each axis. */
const bundleWires = (start: Uint8Array, axes: readonly Axis[]): readonly Int32Array[] => {
  const state = Int32Array.from(start)
  const steps = new Map<number, number>()
  const stepFrom = (step: number): number => {
    const next = steps.get(step) ?? steps.size + fixes.length
    steps.set(step, next)
    return next
  }
  axes.forEach(({ wires }, nth) => {
    let [last, after] = [-1, -1] // neighbours mostly take the same step
    for (const each of wires) {
      const from = elementAt(state, each)
      if (from !== last) [last, after] = [from, stepFrom(from * axes.length + nth)]
      state[each] = after
    }
  })
  const bundles = new Map<number, number[]>()
  state.forEach((end, each) => {
    const bundle = bundles.get(end)
    if (bundle === undefined) bundles.set(end, [each])
    else bundle.push(each)
  })
  return [...bundles.values()].map(bundle => Int32Array.from(bundle))
}

/** The bundle of each wire, and its place there. */
const locateWires = (count: number, bundles: readonly Int32Array[]) => {
  const [bundle, place] = [new Int32Array(count), new Int32Array(count)]
  bundles.forEach((wires, nth) => {
    wires.forEach((each, i) => {
      bundle[each] = nth
      place[each] = i
    })
  })
  return { bundle, place }
}

/** How many of an axis' places each bundle has. */
const countPlaces = (wires: Int32Array, bundle: Int32Array): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>()
  let from = 0
  for (let at = 1; at <= wires.length; at++) {
    const run = elementAt(bundle, elementAt(wires, from))
    if (at < wires.length && bundle[elementAt(wires, at)] === run) continue
    addTo(counts, run, at - from)
    from = at
  }
  return counts
}

/** An axis as a member of every bundle on it; `seen` is zeros before and after. */
const membersOfAxis = (
  { wires, ...axis }: Axis,
  bundles: readonly Int32Array[],
  { bundle, place }: ReturnType<typeof locateWires>,
  seen: Int32Array,
): readonly (readonly [bundle: number, member: Member])[] => {
  const members = [...countPlaces(wires, bundle)].map(([nth, count]): readonly [number, Member] => {
    const times = count / (bundles[nth]?.length ?? count)
    return [nth, { ...axis, rows: new Int32Array(count), times }]
  })
  const byBundle = new Map(members)
  wires.forEach((each, row) => {
    const member = byBundle.get(elementAt(bundle, each))
    const nth = elementAt(seen, each)
    if (member !== undefined) member.rows[elementAt(place, each) * member.times + nth] = row
    seen[each] = nth + 1
  })
  for (const each of wires) seen[each] = 0
  return members
}

/** Places as ranges: 0, 1, 2, 5 is 0:3,5:6. */
export const ranges = (places: Int32Array): string => {
  const sorted = [...places].sort((a, b) => a - b)
  const starts = sorted.filter((place, i) => sorted[i - 1] !== place - 1)
  const ends = sorted.filter((place, i) => sorted[i + 1] !== place + 1)
  return starts.map((start, i) => `${start}:${(ends[i] ?? start) + 1}`).join(',')
}

/** The first layer that gives a wire: one of a user's own, where no kernel makes it; `input` for the image. */
const firstGiver = ({ input, out }: Wiring, wire: number): string =>
  input.includes(wire) ? 'input' : ([...out].find(([, wires]) => wires.includes(wire))?.[0] ?? 'input')

const nameOf = (wiring: Wiring, wires: Int32Array, members: readonly Member[]): string => {
  const { out } = wiring
  const maker = members.find(({ role }) => role === 'makes')
  if (maker === undefined) return firstGiver(wiring, elementAt(wires, 0))
  const whole = maker.rows.length === out.get(maker.path)?.length
  return whole ? maker.path : `${maker.path}[${ranges(maker.rows)}]`
}

/**
 * The groups of a net, in the order of their first channels.
 *
 * Law  they partition the wires, and every axis of every weight; whichever channels are removed, if none is fixed and
 *      every layer keeps one, the rest fits
 *
 * @example
 * groups(model)
 */
export const groups = (net: CheckedNet, wiring: Wiring = wireNet(net)): readonly Group[] => {
  const axes = [...net.layers.values()].flatMap(axesOf(wiring))
  const fixed = fixedWires(wiring)
  const bundles = bundleWires(fixed, axes)
  const locations = locateWires(wiring.count, bundles)
  const members = bundles.map((): Member[] => [])
  const seen = new Int32Array(wiring.count)
  for (const axis of axes)
    for (const [nth, member] of membersOfAxis(axis, bundles, locations, seen))
      elementAt(members, nth).push(member)
  return bundles.map((wires, nth) => {
    const own = elementAt(members, nth)
    return {
      name: nameOf(wiring, wires, own),
      wires,
      fixed: elementAt(fixes, elementAt(fixed, elementAt(wires, 0))),
      members: own,
    }
  })
}
