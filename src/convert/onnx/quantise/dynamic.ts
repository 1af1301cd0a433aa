/**
 * Multiplies 8-bit integers: each call measures the range of every product's input.
 * Source  `quantize_dynamic` of onnxruntime, whose kernels, too, are unsigned: sums of unsigned products saturate on no processor
 */
import { type Constant, float32, int, type OnnxGraph, type OnnxNode, type Ref } from '../export/node.js'
import { type Product, productsIn } from './products.js'

/** The integer product that stands for one of floats. */
const integerOps: ReadonlyMap<string, string> = new Map([
  ['Conv', 'ConvInteger'],
  ['MatMul', 'MatMulInteger'],
])

const zeroPoint = 128

/** The zero point of every kernel. */
const kernelZero: Constant = { name: 'kernel.zero', shape: [], data: Uint8Array.of(zeroPoint) }

/** A kernel in 8 bits, and its scales, which broadcast against what the product gives. */
const kernelConstants = ({ node, kernel, quantised }: Product): readonly [Constant, Constant] => {
  const { name, shape } = kernel
  const { data, scales } = quantised
  const after = node.op === 'Conv' ? [1, 1] : []
  return [
    { name: `${name}.uint8`, shape, data: Uint8Array.from(data, value => value + zeroPoint) },
    { name: `${name}.scale`, shape: [scales.length, ...after], data: scales },
  ]
}

/** The input in 8 bits, with its scale and zero point. */
const quantiseInput = (input: Ref): OnnxNode => {
  const [name = '', ...others] = ['uint8', 'scale', 'zero'].map(part => `${input}.${part}`)
  return { name, op: 'DynamicQuantizeLinear', inputs: [input], attrs: {}, others }
}

/** The nodes that stand for a product, the last under its name. */
const integerNodes = ({ node, kernel }: Product): readonly OnnxNode[] => {
  const { name, op, inputs, attrs } = node
  const [input = ''] = inputs
  const [product, floats, factor] = [`${name}.int32`, `${name}.float`, `${name}.factor`]
  const integers = [`${input}.uint8`, `${kernel.name}.uint8`, `${input}.zero`, kernelZero.name]
  return [
    { name: product, op: integerOps.get(op) ?? '', inputs: integers, attrs },
    { name: floats, op: 'Cast', inputs: [product], attrs: { to: int(float32) } },
    { name: factor, op: 'Mul', inputs: [`${input}.scale`, `${kernel.name}.scale`], attrs: {} },
    { name, op: 'Mul', inputs: [floats, factor], attrs: {} },
  ]
}

/**
 * A graph whose products multiply integers; the range of their inputs is that of all images of a call. What else is computed
 * stays float32.
 */
export const quantiseDynamically = (graph: OnnxGraph): OnnxGraph => {
  const products = new Map(productsIn(graph).map(each => [each.node.name, each]))
  if (products.size === 0) return graph
  const measured = new Set<Ref>()
  const measureInput = (input: Ref): readonly OnnxNode[] => {
    if (measured.has(input)) return []
    measured.add(input)
    return [quantiseInput(input)]
  }
  const replace = (node: OnnxNode): readonly OnnxNode[] => {
    const product = products.get(node.name)
    return product === undefined ? [node] : [...measureInput(node.inputs[0] ?? ''), ...integerNodes(product)]
  }
  const kernels = new Map([...products.values()].map(each => [each.kernel.name, kernelConstants(each)]))
  return {
    ...graph,
    constants: [...graph.constants.flatMap(each => kernels.get(each.name) ?? [each]), kernelZero],
    nodes: graph.nodes.flatMap(replace),
  }
}
