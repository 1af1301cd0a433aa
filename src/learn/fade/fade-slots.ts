/** The slots of fading: the layers whose channels can fade, and the variables beside their weights. */
import { elementAt, valueAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf } from '../../net/shape.js'
import { hasNorm, weightKey } from '../../net/weight-specs.js'
import type { Tensor, Weights } from '../../net/weights.js'
import { bareUnits } from '../../surgery/analysis/norms.js'

/** Slots beside a unit's scale, or kernel: each channel's utility, whether it is marked, the radius it began with. */
export type FadeSlot = 'utility' | 'marked' | 'radius'

/** A layer whose channels can fade; its slots are named after its scale, or, without batch norm, its kernel. */
export interface FadableLayer {
  readonly path: Path
  readonly anchor: 'scale' | 'kernel'
}

/** The weight that is faded with the anchor. */
const partnerOf = { scale: 'shift', kernel: 'bias' } as const

export const slotOf = ({ path, anchor }: FadableLayer, slot: FadeSlot): string =>
  `${weightKey(path, anchor)}/${slot}`

/** Every layer whose channels can fade. */
export const fadableLayers = (net: CheckedNet): readonly FadableLayer[] => {
  const bare = new Set(bareUnits(net))
  return [...net.layers.values()].flatMap(({ path, layer }): readonly FadableLayer[] => {
    if (hasNorm(layer)) return [{ path, anchor: 'scale' }]
    return bare.has(path) ? [{ path, anchor: 'kernel' }] : []
  })
}

/** By layer, 1 at each marked channel. */
export type Flags = readonly (readonly [FadableLayer, Float32Array])[]

export const flagsWhere = (net: CheckedNet, isMarked: (path: Path, channel: number) => boolean): Flags =>
  fadableLayers(net).map(layer => [
    layer,
    Float32Array.from({ length: channelsOf(valueAt(net.layers, layer.path).output) }, (_, channel) =>
      isMarked(layer.path, channel) ? 1 : 0,
    ),
  ])

const vector = (data: Float32Array): Tensor => ({ shape: [data.length], data })

/** The norm of each channel's faded weights. */
const radiiOf = (weights: Weights, { path, anchor }: FadableLayer, channels: number): Float32Array => {
  const lengths = [anchor, partnerOf[anchor]].map(slot =>
    columnLengths(weights[weightKey(path, slot)], channels),
  )
  return Float32Array.from({ length: channels }, (_, channel) =>
    Math.hypot(...lengths.map(each => elementAt(each, channel))),
  )
}

/** √Σ of squares of each channel; channels are the last axis. */
const columnLengths = (tensor: Tensor | undefined, channels: number): Float64Array => {
  const squares = new Float64Array(channels)
  tensor?.data.forEach((value, i) => {
    squares[i % channels] = elementAt(squares, i % channels) + value ** 2
  })
  return squares.map(Math.sqrt)
}

export const slotsFor = (weights: Weights, flags: Flags): Weights =>
  Object.fromEntries(
    flags.flatMap(([layer, flag]) => [
      [slotOf(layer, 'marked'), vector(flag)],
      [slotOf(layer, 'radius'), vector(radiiOf(weights, layer, flag.length))],
    ]),
  )

export const markedChannels = (slots: Weights, layer: FadableLayer): readonly number[] => {
  const flags = slots[slotOf(layer, 'marked')]?.data ?? new Float32Array()
  return [...flags.keys()].filter(channel => flags[channel] === 1)
}
