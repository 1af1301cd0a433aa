/** Which batch norms scale which channels: a unit's own, or those behind it, before the next kernel. */
import { valueAt } from '../../io/element.js'
import { fixedWires, type Wiring, wireNet } from '../../net/channels/wiring.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import type { Layer } from '../../net/tree.js'
import { hasNorm } from '../../net/weight-specs.js'
import type { Channel } from './analysis.js'

const isMaker = (layer: Layer | undefined): boolean => layer?._tag === 'conv' || layer?._tag === 'dense'

/** By wire, the batch norms it passes. */
const scalesByWire = (net: CheckedNet, { count, out }: Wiring): readonly (readonly Channel[])[] => {
  const scales = Array.from({ length: count }, (): Channel[] => [])
  for (const { path, layer } of net.layers.values())
    if (hasNorm(layer))
      out.get(path)?.forEach((each, channel) => {
        scales[each]?.push({ path, channel })
      })
  return scales
}

/** A layer with channels of its own. */
interface Unit {
  readonly path: Path
  /** By channel, the scales it passes: the layer's own alone where it has batch norm, else those of layers behind. */
  readonly scales: readonly (readonly Channel[])[]
  /** Whether one of its channels may be removed. */
  readonly free: boolean
  /** Whether one of those passes no scale, nor does a channel that a sum ties to it. */
  readonly bare: boolean
}

const unitsOf = (net: CheckedNet): readonly Unit[] => {
  const wiring = wireNet(net)
  const [fixed, scales] = [fixedWires(wiring), scalesByWire(net, wiring)]
  const makes = ({ path }: Channel): boolean => isMaker(net.layers.get(path)?.layer)
  return [...net.layers.values()].flatMap(({ path, layer }) => {
    if (!isMaker(layer)) return []
    const wires = valueAt(wiring.out, path)
    const scalesOf = (each: number, channel: number): readonly Channel[] =>
      hasNorm(layer) ? [{ path, channel }] : (scales[each] ?? []).filter(scale => !makes(scale))
    const unit: Unit = {
      path,
      scales: Array.from(wires, scalesOf),
      free: wires.some(each => fixed[each] === 0),
      bare: wires.some(each => fixed[each] === 0 && scales[each]?.length === 0),
    }
    return [unit]
  })
}

/** Each layer whose every channel passes a scale, with the scales of each channel. */
export const scaledUnits = (net: CheckedNet): readonly Unit[] =>
  unitsOf(net).filter(({ scales }) => scales.every(each => each.length > 0))

/** The layers that make channels which may be removed. */
export const freeUnits = (net: CheckedNet): readonly Path[] =>
  unitsOf(net).flatMap(({ path, free }) => (free ? [path] : []))

/** Those that make channels which may be removed and which no batch norm scales. */
export const bareUnits = (net: CheckedNet): readonly Path[] =>
  unitsOf(net).flatMap(({ path, bare }) => (bare ? [path] : []))
