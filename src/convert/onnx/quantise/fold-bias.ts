/** Makes the bias that is added to a product its third input, where runtimes look for it. */
import type { Constant, OnnxGraph, OnnxNode, Ref } from '../export/node.js'
import { readersIn } from './readers.js'

/** Products that a bias can be folded into, and what they are with one. */
const biasedOps: ReadonlyMap<string, string> = new Map([
  ['Conv', 'Conv'],
  ['MatMul', 'Gemm'],
])

/** A constant of one number a channel. Shapes  [1, c, 1, 1] behind a convolution, [c] behind a matrix */
const isBias = (constant: Constant | undefined, { op }: OnnxNode): boolean => {
  const { shape = [], data = [] } = constant ?? {}
  return op === 'Conv' ? shape.length === 4 && shape[1] === data.length : shape.length === 1
}

/** By name, the sums that add no more than a bias to a product, and that product. */
const biasedProducts = ({ nodes, constants }: OnnxGraph): ReadonlyMap<Ref, OnnxNode> => {
  const byName = new Map(constants.map(each => [each.name, each]))
  const products = new Map(nodes.flatMap(node => (biasedOps.has(node.op) ? [[node.name, node]] : [])))
  const readers = readersIn(nodes)
  return new Map(
    nodes.flatMap(({ name, op, inputs: [from = '', bias = ''] }) => {
      const product = products.get(from)
      const isSum = op === 'Add' && [from, bias].every(each => readers.get(each)?.length === 1)
      return isSum && product !== undefined && isBias(byName.get(bias), product) ? [[name, product]] : []
    }),
  )
}

const asVector = (constant: Constant): Constant => ({ ...constant, shape: [constant.data.length] })

/**
 * The graph with biases inside its products, which take the names of the sums.
 *
 * Law  the values of all nodes that stay are the same, within float32 rounding
 */
export const foldBiases = (graph: OnnxGraph): OnnxGraph => {
  const products = biasedProducts(graph)
  const inside = new Set([...products.values()].map(({ name }) => name))
  const kept = graph.nodes.filter(({ name }) => !inside.has(name))
  const biases = new Set(kept.flatMap(({ name, inputs }) => (products.has(name) ? [inputs[1]] : [])))
  const fold = (node: OnnxNode): OnnxNode => {
    const product = products.get(node.name)
    if (product === undefined) return node
    const { op, attrs, inputs } = product
    return { name: node.name, op: biasedOps.get(op) ?? op, attrs, inputs: [...inputs, node.inputs[1] ?? ''] }
  }
  return {
    ...graph,
    nodes: kept.map(fold),
    constants: graph.constants.map(each => (biases.has(each.name) ? asVector(each) : each)),
  }
}
