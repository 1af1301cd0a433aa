/** Stores the kernels of a graph in 8 bits, each behind a node that gives the floats back. */
import { type Constant, int, type OnnxGraph, type OnnxNode } from '../export/node.js'
import { type Product, productsIn } from './products.js'

/** What stands for a constant in a graph: other constants, and the nodes that give its floats back. */
export interface Stored {
  readonly constants: readonly Constant[]
  readonly nodes: readonly OnnxNode[]
}

/** A kernel in 8 bits, and the node of the kernel's name that makes floats of them. */
export const storeKernel = ({ kernel: { name, shape }, axis, quantised }: Product): Stored => {
  const { data, scales } = quantised
  const channels = [scales.length]
  const inputs = ['int8', 'scale', 'zero'].map(part => `${name}.${part}`)
  const [values = '', scale = '', zero = ''] = inputs
  return {
    constants: [
      { name: values, shape, data },
      { name: scale, shape: channels, data: scales },
      { name: zero, shape: channels, data: new Int8Array(scales.length) },
    ],
    nodes: [{ name, op: 'DequantizeLinear', inputs, attrs: { axis: int(axis) } }],
  }
}

/** The graph with other things in place of some constants, by name. */
export const replaceConstants = (graph: OnnxGraph, stored: ReadonlyMap<string, Stored>): OnnxGraph => ({
  ...graph,
  constants: graph.constants.flatMap(each => stored.get(each.name)?.constants ?? [each]),
  nodes: [...[...stored.values()].flatMap(({ nodes }) => nodes), ...graph.nodes],
})

/**
 * A graph whose kernels are stored in 8 bits, where that takes fewer bytes. What reads a kernel reads the floats that a node of
 * the kernel's name makes of them.
 */
export const quantiseWeights = (graph: OnnxGraph): OnnxGraph =>
  replaceConstants(graph, new Map(productsIn(graph).map(each => [each.kernel.name, storeKernel(each)])))
