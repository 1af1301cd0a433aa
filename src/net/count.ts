/** Parameters and multiply–accumulates, counted on the net as built. */
import type { Inferred, Placed } from './infer.js'
import { channelsOf, sizeOf } from './shape.js'
import { slotsOf, storedIn } from './slots.js'

const trainedIn = (placed: Placed): number =>
  slotsOf(placed).reduce((sum, { trained, shape }) => sum + (trained ? sizeOf(shape) : 0), 0)

/** Values that training moves: kernels, biases, scales and shifts; running statistics are not among them. */
export const paramsOf = (inferred: Inferred): number =>
  [...inferred.values()].reduce((sum, placed) => sum + trainedIn(placed), 0)

/** Values stored: parameters and running statistics. */
export const storedOf = (inferred: Inferred): number =>
  [...inferred.values()].reduce((sum, placed) => sum + storedIn(placed), 0)

const macsAt = ({ layer, input, output }: Placed): number => {
  switch (layer._tag) {
    case 'conv':
      return sizeOf(output) * layer.kernel ** 2 * channelsOf(input)
    case 'depthwise':
      return sizeOf(output) * layer.kernel ** 2
    case 'dense':
      return layer.units * sizeOf(input)
    default:
      return 0
  }
}

/** Multiply–accumulates of one image; batch norm folded, pooling and sums not counted. */
export const macsOf = (inferred: Inferred): number =>
  [...inferred.values()].reduce((sum, placed) => sum + macsAt(placed), 0)

export interface LayerCount extends Placed {
  readonly params: number
  readonly macs: number
}

/** The same two numbers a layer. */
export const countLayers = (inferred: Inferred): readonly LayerCount[] =>
  [...inferred.values()].map(placed => ({ ...placed, params: trainedIn(placed), macs: macsAt(placed) }))
