/** The cost of a channel: the parameters or multiply–accumulates that removing it, with its group, saves. */

import { elementAt } from '../../io/element.js'
import { type Wiring, wireNet, wiresOfAxes } from '../../net/channels/wiring.js'
import type { CheckedNet, PlacedLayer } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { sizeOf } from '../../net/shape.js'
import { type WeightSpec, weightSpecsOf } from '../../net/weight-specs.js'
import type { Target } from './target.js'

/** What deleting a channel saves: stored parameters, or multiply–accumulates for one image. */
export type Cost = 'params' | 'macs'

/** What the target counts: parameters where it is neither multiply–accumulates nor the time they take. */
export const costFor = (target: Target): Cost => {
  const amount = 'keep' in target ? target.keep : 'atMost' in target ? target.atMost : {}
  return 'macs' in amount || 'latency' in amount ? 'macs' : 'params'
}

/** How often each value of a weight is multiplied for one image. */
const usesOf = ({ layer, output }: PlacedLayer, { slot }: WeightSpec): number => {
  if (slot !== 'kernel') return 0
  return layer._tag === 'dense' ? 1 : sizeOf(output.slice(0, -1))
}

/** How often each wire lies on an axis. */
const timesOn = (count: number, wires: Int32Array): Int32Array => {
  const times = new Int32Array(count)
  for (const each of wires) times[each] = elementAt(times, each) + 1
  return times
}

/** By wire, its share of every weight along its axes; values on two of its axes at once count once. */
const costOfWires = (cost: Cost, net: CheckedNet, wiring: Wiring): Float64Array => {
  const costs = new Float64Array(wiring.count)
  const add = (each: number, cost: number): void => {
    costs[each] = elementAt(costs, each) + cost
  }
  for (const placed of net.layers.values())
    for (const spec of weightSpecsOf(placed)) {
      if (!spec.trained) continue
      const values = sizeOf(spec.shape) * (cost === 'params' ? 1 : usesOf(placed, spec))
      const [rows, columns] = wiresOfAxes(wiring)(placed.path, placed.layer, spec.slot).filter(
        wires => wires !== null,
      )
      for (const each of rows ?? []) add(each, values / (rows?.length ?? 1))
      if (rows === undefined || columns === undefined) continue
      const read = timesOn(wiring.count, rows)
      for (const each of columns)
        add(each, (values / columns.length) * (1 - elementAt(read, each) / rows.length))
    }
  return costs
}

/**
 * The parameters, or multiply–accumulates of one image, that are removed with each channel: its filter, its batch norm
 * and the weights that read it, in every layer of its group.
 *
 * Shapes  by path, one number per channel
 *
 * @example
 * costsOf('params')(model).conv   // the parameters that each filter of `conv` stands for
 */
export const costsOf =
  (cost: Cost) =>
  (net: CheckedNet): Readonly<Record<Path, Float64Array>> => {
    const wiring = wireNet(net)
    const costs = costOfWires(cost, net, wiring)
    const costsOn = (wires: Int32Array) => Float64Array.from(wires, wire => elementAt(costs, wire))
    return Object.fromEntries([...wiring.out].map(([path, wires]) => [path, costsOn(wires)]))
  }
