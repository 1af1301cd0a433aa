/** The trunk: the values on every way from the input to the output, and how narrow a cut may leave them. */

import { elementAt, valueAt } from '../../io/element.js'
import { fixedWires, wireNet } from '../../net/channels/wiring.js'
import type { CheckedNet } from '../../net/infer.js'
import { type Algebra, interpret } from '../../net/interpret.js'
import { childPath, type Path } from '../../net/path.js'
import type { Layer, Net } from '../../net/tree.js'
import { type Analysis, analyse } from './analysis.js'

/** How many channels each layer gives, repeated ones behind a flatten counted once. */
export type Widths = Readonly<Record<Path, number>>

/** One value of the trunk: the layer that gives it, and its wires. */
export interface TrunkValue {
  readonly at: Path
  readonly wires: Int32Array
}

const distinct = (wires: Int32Array): Int32Array => Int32Array.from(new Set(wires))

/** The widths of a net. */
export const widthsOf = (net: CheckedNet): Widths =>
  Object.fromEntries([...wireNet(net).out].map(([path, wires]) => [path, distinct(wires).length]))

/** Which branches a cut removes, and which residuals lose their body. */
export interface Standing {
  readonly isGone: (branch: Path) => boolean
  readonly isBypassed: (residual: Path) => boolean
}

const whole: Standing = { isGone: () => false, isBypassed: () => false }

/** The layers passed so far, the last first: a list that grows in constant time. */
interface Trail {
  readonly path: Path
  readonly before: Trail | null
}

const pathsOf = (trail: Trail | null): readonly Path[] => {
  const paths: Path[] = []
  for (let each = trail; each !== null; each = each.before) paths.push(each.path)
  return paths.reverse()
}

/** A concat passes on its trail through the only branch left; a residual without body, that through its shortcut. */
const trailAlgebra = ({ isGone, isBypassed }: Standing): Algebra<Trail | null> => ({
  leaf: (_leaf, _path, before) => before,
  concat: (branches, layer, path, before) => {
    const left = branches.filter((_, nth) => !isGone(childPath(path, elementAt(layer.branches, nth).name)))
    const [only = before, another] = left
    return another === undefined ? only : before
  },
  residual: (_body, shortcut, _layer, path, before) => (isBypassed(path) ? shortcut : before),
  gate: (_body, _layer, _path, before) => before,
  place: (before, _layer, path) => ({ path, before }),
})

/** The layers of the trunk: all in series, and those inside the only branch left. */
const trunkPaths = (net: Net, standing: Standing): readonly Path[] =>
  pathsOf(interpret(trailAlgebra(standing))(net.body, '', null))

/** The values of the trunk that a cut may narrow. */
export const trunkOf = ({ net, wiring }: Analysis, standing: Standing = whole): readonly TrunkValue[] => {
  const fixed = fixedWires(wiring)
  return trunkPaths(net, standing).flatMap(at => {
    const wires = distinct(valueAt(wiring.out, at))
    return wires.some(each => fixed[each] !== 0) ? [] : [{ at, wires }]
  })
}

/** The least channels of a value: a share of its width, rounded up, and never more than there are. */
export const leastOf =
  (floor: number, widths: Widths) =>
  ({ at, wires }: TrunkValue): number =>
    Math.min(wires.length, Math.ceil(floor * (widths[at] ?? wires.length)))

/** A layer of the trunk, and how few of its channels are left. */
export interface Thin {
  readonly at: Path
  readonly channels: number
  readonly of: number
}

const makes = ({ _tag }: Layer): boolean =>
  _tag === 'conv' || _tag === 'dense' || _tag === 'concat' || _tag === 'residual'

/** The layers of the trunk with no more than a share left of the channels they had. */
export const findThinLayers =
  (share: number, widths: Widths) =>
  (net: CheckedNet): readonly Thin[] =>
    trunkOf(analyse(net)).flatMap(({ at, wires }) => {
      const [layer, of = wires.length] = [net.layers.get(at)?.layer, widths[at]]
      return layer !== undefined && makes(layer) && wires.length < of && wires.length <= Math.ceil(share * of)
        ? [{ at, channels: wires.length, of }]
        : []
    })
