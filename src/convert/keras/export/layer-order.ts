/** The order in which Keras lists the layers of a functional model, by which its files number them. */
import type { KerasLayer } from '../keras.js'
import type { Topology } from './topology.js'

/** How many layers lie between each layer and the output, at most. */
const depthsOf = ({ layers }: Topology): ReadonlyMap<string, number> => {
  const depths = new Map<string, number>()
  const at = (name: string) => depths.get(name) ?? 0
  for (const { name, from } of layers.toReversed())
    for (const input of from) depths.set(input, Math.max(at(input), at(name) + 1))
  return depths
}

/** When each layer is first met on the way back from the output, its first input first. */
const visitsOf = ({ layers, output }: Topology): ReadonlyMap<string, number> => {
  const inputs = new Map(layers.map(({ name, from }) => [name, from]))
  const visits = new Map<string, number>()
  const open = [output]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (visits.has(name)) continue
    visits.set(name, visits.size)
    open.push(...(inputs.get(name) ?? []).toReversed())
  }
  return visits
}

/**
 * The layers from the deepest to the output, those of one depth as they are met on the way back.
 *
 * Source  keras/src/ops/function.py, map_graph
 */
export const inKerasOrder = (topology: Topology): readonly KerasLayer[] => {
  const [depths, visits] = [depthsOf(topology), visitsOf(topology)]
  const rank = (places: ReadonlyMap<string, number>, { name }: KerasLayer) => places.get(name) ?? 0
  return topology.layers.toSorted(
    (a, b) => rank(depths, b) - rank(depths, a) || rank(visits, a) - rank(visits, b),
  )
}
