/** Parameters and multiply–accumulates of a net. */
import { sumBy } from '../io/count.js'
import type { CheckedNet, PlacedLayer } from './infer.js'
import { channelsOf, sizeOf } from './shape.js'
import { storedIn, weightSpecsOf } from './weight-specs.js'
import { sidesOf } from './window.js'

const paramsIn = (placed: PlacedLayer): number =>
  sumBy(weightSpecsOf(placed), ({ trained, shape }) => (trained ? sizeOf(shape) : 0))

/** Values that training changes: kernels, biases, scales and shifts; running statistics are not among them. */
export const countParams = ({ layers }: CheckedNet): number => sumBy([...layers.values()], paramsIn)

/** Stored values: parameters and running statistics. */
export const countStored = ({ layers }: CheckedNet): number => sumBy([...layers.values()], storedIn)

const macsAt = ({ layer, input, output }: PlacedLayer): number => {
  switch (layer._tag) {
    case 'conv':
      return sizeOf(output) * sizeOf(sidesOf(layer.kernel)) * (channelsOf(input) / layer.groups)
    case 'depthwise':
      return sizeOf(output) * sizeOf(sidesOf(layer.kernel))
    case 'dense':
      return layer.units * sizeOf(input)
    default:
      return 0
  }
}

/** Multiply–accumulates of one image; batch norm folded, pooling and sums not counted. */
export const countMacs = ({ layers }: CheckedNet): number => sumBy([...layers.values()], macsAt)

export interface LayerCount extends PlacedLayer {
  readonly params: number
  readonly macs: number
}

/** Both counts for each layer. */
export const countLayers = ({ layers }: CheckedNet): readonly LayerCount[] =>
  [...layers.values()].map(placed => ({ ...placed, params: paramsIn(placed), macs: macsAt(placed) }))
