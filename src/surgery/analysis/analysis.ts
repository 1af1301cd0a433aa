/** The analysis of a net: its shapes, wires and groups, and which layers make each wire. */
import * as E from 'fp-ts/lib/Either.js'
import { elementAt } from '../../io/element.js'
import { type Group, groups } from '../../net/channels/groups.js'
import { type Wiring, wireNet } from '../../net/channels/wiring.js'
import type { CheckedNet } from '../../net/infer.js'
import { isInside, type Path } from '../../net/path.js'
import type { AddressError } from '../error.js'

/** One channel of one layer. */
export interface Channel {
  readonly path: Path
  readonly channel: number
}

export interface Analysis extends CheckedNet {
  readonly wiring: Wiring
  readonly groups: readonly Group[]
  /** By wire, the group it is in. */
  readonly groupOf: Int32Array
  /** By wire, the filters and units that make it; the net itself, at `''`, makes those of the image. */
  readonly makers: readonly (readonly Channel[])[]
}

const makersOf = ({ layers }: CheckedNet, { count, input, out }: Wiring): readonly (readonly Channel[])[] => {
  const makers = Array.from({ length: count }, (): Channel[] => [])
  const add = (path: Path, wires: Int32Array | undefined): void =>
    wires?.forEach((each, channel) => {
      makers[each]?.push({ path, channel })
    })
  add('', input)
  for (const { path, layer } of layers.values())
    if (layer._tag === 'conv' || layer._tag === 'dense') add(path, out.get(path))
  return makers
}

/** Analyses a net. */
export const analyse = (checked: CheckedNet): Analysis => {
  const { net, layers } = checked
  const wiring = wireNet(checked)
  const all = groups(checked, wiring)
  const groupOf = new Int32Array(wiring.count)
  all.forEach(({ wires }, nth) => {
    for (const each of wires) groupOf[each] = nth
  })
  return {
    net,
    layers,
    wiring,
    groups: all,
    groupOf,
    makers: makersOf(checked, wiring),
  }
}

/** Whether each path is that of a layer; the error says `where` they were given. */
export const checkPaths =
  (where: string, layers: CheckedNet['layers']) =>
  (paths: readonly Path[]): E.Either<AddressError, void> => {
    const unknown = paths.find(path => !layers.has(path))
    return unknown === undefined ? E.right(undefined) : E.left({ _tag: 'UnknownPath', at: unknown, where })
  }

/** Whether all makers of a wire lie inside the layer at `place`. */
export const isMadeInside =
  ({ makers }: Analysis, place: Path) =>
  (each: number): boolean =>
    elementAt(makers, each).every(({ path }) => isInside(place, path))

/** Wires made inside the layer at `place` and nowhere else. */
export const wiresMadeInside = (analysis: Analysis, place: Path): readonly number[] => {
  const inside = new Set<number>()
  for (const [path, wires] of analysis.wiring.out)
    if (isInside(place, path)) for (const each of wires) inside.add(each)
  return [...inside].filter(isMadeInside(analysis, place))
}
