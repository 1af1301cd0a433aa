/** The products of a graph whose kernels are stored in 8 bits. */
import { type Quantised, quantise } from '../../quantise.js'
import {
  type Constant,
  type FloatConstant,
  isFloatConstant,
  type OnnxGraph,
  type OnnxNode,
  type Ref,
} from '../export/node.js'

/** A node that multiplies values by a constant kernel, and that kernel in 8 bits. */
export interface Product {
  readonly node: OnnxNode
  readonly kernel: FloatConstant
  /** The axis of the kernel's output channels. */
  readonly axis: number
  readonly quantised: Quantised
}

/** The axis of a kernel's output channels, by the operation that reads it. */
const channelAxes: ReadonlyMap<string, number> = new Map([
  ['Conv', 0],
  ['MatMul', 1],
  ['Gemm', 1],
])

const productOf =
  (constants: ReadonlyMap<Ref, Constant>) =>
  (node: OnnxNode): readonly Product[] => {
    const [axis, kernel] = [channelAxes.get(node.op), constants.get(node.inputs[1] ?? '')]
    if (axis === undefined || !isFloatConstant(kernel)) return []
    const quantised = quantise(kernel, axis)
    return quantised === null ? [] : [{ node, kernel, axis, quantised }]
  }

/** The products of a graph, in order; without those whose kernel takes fewer bytes as floats. */
export const productsIn = ({ nodes, constants }: OnnxGraph): readonly Product[] =>
  nodes.flatMap(productOf(new Map(constants.map(each => [each.name, each]))))
