/** The analysis of a net: its shapes, wires and groups, and which layers make each wire. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { elementAt } from '../../net/element.js'
import type { NetError } from '../../net/error.js'
import { type Group, groups } from '../../net/groups.js'
import { type Inferred, infer } from '../../net/infer.js'
import { isInside, type Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import { type Wiring, wireNet } from '../../net/wiring.js'
import type { AddressError } from '../error.js'

/** One channel of one layer. */
export interface Channel {
  readonly path: Path
  readonly channel: number
}

export interface Analysis {
  readonly net: Net
  readonly inferred: Inferred
  readonly wiring: Wiring
  readonly groups: readonly Group[]
  /** By wire, the group it is in. */
  readonly groupOf: Int32Array
  /** By wire, the filters and units that make it; the net itself, at `''`, makes those of the image. */
  readonly makers: readonly (readonly Channel[])[]
}

const makersOf = (inferred: Inferred, { count, input, out }: Wiring): readonly (readonly Channel[])[] => {
  const makers = Array.from({ length: count }, (): Channel[] => [])
  const add = (path: Path, wires: Int32Array | undefined): void =>
    wires?.forEach((each, channel) => {
      makers[each]?.push({ path, channel })
    })
  add('', input)
  for (const { path, layer } of inferred.values())
    if (layer._tag === 'conv' || layer._tag === 'dense') add(path, out.get(path))
  return makers
}

const analysisOf = (net: Net, inferred: Inferred): Analysis => {
  const wiring = wireNet(inferred)
  const all = groups(inferred, wiring)
  const groupOf = new Int32Array(wiring.count)
  all.forEach(({ wires }, nth) => {
    for (const each of wires) groupOf[each] = nth
  })
  return { net, inferred, wiring, groups: all, groupOf, makers: makersOf(inferred, wiring) }
}

/** Analyses a net. Errors  those of `infer` */
export const analyse = (net: Net): E.Either<NetError, Analysis> =>
  pipe(
    infer(net),
    E.map(inferred => analysisOf(net, inferred)),
  )

/** Whether each path is that of a layer; the error says `where` they were given. */
export const checkPaths =
  (where: string, inferred: Inferred) =>
  (paths: readonly Path[]): E.Either<AddressError, void> => {
    const unknown = paths.find(path => !inferred.has(path))
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
