/** Stores the kernels of a graph in 8 bits, each behind a node that gives the floats back. */
import { quantise } from '../quantise.js'
import { type Constant, int, type OnnxGraph, type OnnxNode, type Ref } from './node.js'

/** The axis of a kernel's output channels, by the operation that reads it. */
const channelAxes: ReadonlyMap<string, number> = new Map([
  ['Conv', 0],
  ['MatMul', 1],
])

/** The constants that products read as their second input. */
const kernelAxes = (nodes: readonly OnnxNode[]): ReadonlyMap<Ref, number> =>
  new Map(
    nodes.flatMap(({ op, inputs: [, kernel] }) => {
      const axis = channelAxes.get(op)
      return axis === undefined || kernel === undefined ? [] : [[kernel, axis] as const]
    }),
  )

interface Stored {
  readonly constants: readonly Constant[]
  readonly nodes: readonly OnnxNode[]
}

const store = (constant: Constant, axis: number | undefined): Stored => {
  const { name, shape, data } = constant
  const quantised =
    axis === undefined || !(data instanceof Float32Array) ? null : quantise({ shape, data }, axis)
  if (axis === undefined || quantised === null) return { constants: [constant], nodes: [] }
  const channels = [quantised.scales.length]
  const inputs = ['int8', 'scale', 'zero'].map(part => `${name}.${part}`)
  const [values = '', scale = '', zero = ''] = inputs
  return {
    constants: [
      { name: values, shape, data: quantised.data },
      { name: scale, shape: channels, data: quantised.scales },
      { name: zero, shape: channels, data: new Int8Array(quantised.scales.length) },
    ],
    nodes: [{ name, op: 'DequantizeLinear', inputs, attrs: { axis: int(axis) } }],
  }
}

/**
 * A graph whose kernels are stored in 8 bits, where that takes fewer bytes. What reads a kernel reads the floats that a node of
 * the kernel's name makes of them.
 */
export const quantiseWeights = (graph: OnnxGraph): OnnxGraph => {
  const axes = kernelAxes(graph.nodes)
  const stored = graph.constants.map(constant => store(constant, axes.get(constant.name)))
  return {
    ...graph,
    constants: stored.flatMap(({ constants }) => constants),
    nodes: [...stored.flatMap(({ nodes }) => nodes), ...graph.nodes],
  }
}
