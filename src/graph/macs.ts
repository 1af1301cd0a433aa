/** The multiply–accumulates of a graph, counted by the definition of its products. */
import { sumBy } from '../io/count.js'
import { channelsOf, type Shape, sizeOf } from '../net/shape.js'
import { type Graph, type Value, valuesOf } from './graph.js'

const columnsOf = (kernel: Shape): number => sizeOf(kernel) / channelsOf(kernel)

const tapsOf = ([height = 1, width = 1]: Shape): number => height * width

/** Multiply–accumulates of a product; 0 of all else. */
export const macsOf = ({ op, inputs, shape }: Value): number => {
  const [first = [], second = []] = inputs.map(input => input.shape)
  switch (op.kind) {
    case 'conv':
      return sizeOf(shape) * columnsOf(second)
    case 'convInput':
      return sizeOf(first) * columnsOf(second)
    case 'convKernel':
      return sizeOf(first) * columnsOf(shape)
    case 'depthwise':
      return sizeOf(shape) * tapsOf(second)
    case 'depthwiseInput':
      return sizeOf(first) * tapsOf(second)
    case 'depthwiseKernel':
      return sizeOf(first) * tapsOf(shape)
    case 'matmul':
      return sizeOf(shape) * (first[op.transposeA ? 0 : 1] ?? 1)
    default:
      return 0
  }
}

/** Multiply–accumulates of all products of a graph. */
export const macsIn = (graph: Graph): number => sumBy(valuesOf(graph), macsOf)
