/** What a layer does, as a latency table knows it: a kind of work and its sizes. */
import type { PlacedLayer } from '../../net/infer.js'
import { channelsOf, sizeOf } from '../../net/shape.js'
import type { Extent } from '../../net/tree.js'
import { sidesOf } from '../../net/window.js'

/**
 * Kinds of work, and what each is measured over.
 *
 * - `conv1`, `conv3`  convolutions of 1×1 and 3×3, with what follows fused: pixels of the output, channels in, channels out
 * - `depthwise3`      pixels of the output, channels
 * - `dense`           values in, values out
 * - `pool`            values in, of a window of 3×3
 * - `pointwise`       values out, each made of those at its place
 */
export const workKinds = ['conv1', 'conv3', 'depthwise3', 'dense', 'pool', 'pointwise'] as const

/** A kind of work. */
export type WorkKind = (typeof workKinds)[number]

/** Some work, so many times that of the kind with these sizes. */
export interface Work {
  readonly kind: WorkKind
  readonly sizes: readonly number[]
  readonly times: number
}

const areaOf = (kernel: Extent): number => sizeOf(sidesOf(kernel))

const convolution = (area: number, sizes: readonly number[]): Work =>
  area < 9 ? { kind: 'conv1', sizes, times: area } : { kind: 'conv3', sizes, times: area / 9 }

const once = (kind: WorkKind, ...sizes: readonly number[]): Work => ({ kind, sizes, times: 1 })

/** The work of a layer, `null` where it has none: what holds layers, and what is left out when a net is used. */
export const workOf = ({ layer, input, output }: PlacedLayer): Work | null => {
  const pixels = sizeOf(output.slice(0, -1))
  switch (layer._tag) {
    case 'conv':
      return convolution(areaOf(layer.kernel), [pixels, channelsOf(input) / layer.groups, channelsOf(output)])
    case 'depthwise':
      return { kind: 'depthwise3', sizes: [pixels, channelsOf(output)], times: areaOf(layer.kernel) / 9 }
    case 'dense':
      return once('dense', sizeOf(input), layer.units)
    case 'maxPool':
    case 'avgPool':
      return { kind: 'pool', sizes: [sizeOf(output)], times: areaOf(layer.size) / 9 }
    case 'stack':
    case 'flatten':
    case 'dropout':
    case 'dropPath':
      return null
    default:
      return once('pointwise', sizeOf(layer._tag.startsWith('global') ? input : output))
  }
}
