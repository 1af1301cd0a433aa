/** Widens units, and with each unit those that a sum ties to it. */

import * as E from 'fp-ts/lib/Either.js'
import { isSameList, valueAt } from '../../io/element.js'
import { fixedWires } from '../../net/channels/wiring.js'
import { editLayers } from '../../net/layers.js'
import { isInside, type Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import type { Analysis } from '../analysis/analysis.js'
import type { GrowError } from '../error.js'

const widthAfter = (channels: number, by: number): number => Math.max(channels + 1, Math.round(channels * by))

/** The layers that make some of these channels; the net itself, at `''`, makes those of the image. */
const makersOf = ({ makers }: Analysis, wires: Int32Array): readonly Path[] => [
  ...new Set([...wires].flatMap(each => (makers[each] ?? []).map(({ path }) => path))),
]

/** How many times the same wires repeat: a convolution that makes or reads that many groups ties their channels. */
const groupsIn = (wires: Int32Array): number => {
  const size = new Set(wires).size
  return wires.every((each, i) => each === wires[i % size]) ? wires.length / size : 1
}

/** What becomes of a unit: how many channels it has, and in how many groups, each of which gets new ones at its end. */
interface Width {
  readonly channels: number
  readonly groups: number
}

type Widths = ReadonlyMap<Path, Width>

/** The new width of each unit inside that can grow, and of those tied to it. */
const findWidths = (analysis: Analysis, place: Path, by: number): E.Either<GrowError, Widths> => {
  const { layers, wiring } = analysis
  const fixed = fixedWires(wiring)
  const found = new Map<Path, Width>()
  for (const { path, layer } of layers.values()) {
    const wires = valueAt(wiring.out, path)
    const makes = layer._tag === 'conv' || layer._tag === 'dense'
    if (!makes || !isInside(place, path) || wires.some(each => fixed[each] !== 0)) continue
    const tied = makersOf(analysis, wires)
    const odd = tied.find(other => !isSameList(wires, wiring.out.get(other) ?? wires))
    if (odd !== undefined) return E.left({ _tag: 'Tied', at: path, to: odd })
    const groups = groupsIn(wires)
    const channels = groups * widthAfter(wires.length / groups, by)
    for (const each of tied) found.set(each, { channels, groups })
  }
  return found.size === 0 ? E.left({ _tag: 'NothingToWiden', at: place }) : E.right(found)
}

const setWidths = (net: Net, found: Widths): Net =>
  editLayers((layer, path) => {
    const { channels } = found.get(path) ?? {}
    if (channels === undefined) return layer
    if (layer._tag === 'conv') return { ...layer, filters: channels }
    return layer._tag === 'dense' ? { ...layer, units: channels } : layer
  })(net)

/** A wider net. */
export interface WidenedNet {
  readonly net: Net
  readonly widened: readonly Path[]
  /** In how many groups the new channels of a layer lie. */
  readonly groupsOf: (path: Path) => number
}

/**
 * Widens the units at or inside a layer; new channels come behind the old ones, in each group that other layers know.
 *
 * Errors  UnknownPath, WrongOption; Tied when a sum joins a layer's channels with those of layers of other widths;
 *         NothingToWiden
 */
export const widen =
  (place: Path, by: number) =>
  (analysis: Analysis): E.Either<GrowError, WidenedNet> => {
    if (!analysis.layers.has(place)) return E.left({ _tag: 'UnknownPath', at: place, where: 'widen' })
    if (!(by > 1 && Number.isFinite(by)))
      return E.left({ _tag: 'WrongOption', option: 'by', got: by, expected: 'a number above 1' })
    const found = findWidths(analysis, place, by)
    return E.isLeft(found)
      ? found
      : E.right({
          net: setWidths(analysis.net, found.right),
          widened: [...found.right.keys()],
          groupsOf: path => found.right.get(path)?.groups ?? 1,
        })
  }
