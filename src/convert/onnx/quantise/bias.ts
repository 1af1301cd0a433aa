/** Stores the bias of a product of 8-bit integers in 32 bits, in steps of the product of both scales. */
import { quantise } from '../../quantise.js'
import { type FloatConstant, int } from '../export/node.js'
import type { Product } from './products.js'
import type { Stored } from './weights.js'

/** A bias reaches no further, so that a sum has room beside it. */
const mostSteps = 2 ** 30

/** The product with steps so large that its bias has not too many of them, as in a channel of tiny weights. */
const withRoom = (product: Product, bias: FloatConstant, scale: number): Product => {
  const least = bias.data.map(each => Math.abs(each) / (scale * mostSteps))
  const { kernel, axis, quantised } = product
  return { ...product, quantised: quantise(kernel, axis, least) ?? quantised }
}

const storeIn32Bits = ({ name, shape, data }: FloatConstant, steps: Float32Array): Stored => {
  const inputs = [`${name}.int32`, `${name}.scale`]
  const [values = '', scale = ''] = inputs
  return {
    constants: [
      { name: values, shape, data: Int32Array.from(data, (each, c) => Math.round(each / (steps[c] ?? 1))) },
      { name: scale, shape: [steps.length], data: steps },
    ],
    nodes: [{ name, op: 'DequantizeLinear', inputs, attrs: { axis: int(0) } }],
  }
}

/** A product and its bias, where the product's input is in steps of `scale`. */
export const storeBias = (
  product: Product,
  bias: FloatConstant,
  scale: number,
): { readonly product: Product; readonly bias: Stored } => {
  const roomy = withRoom(product, bias, scale)
  return {
    product: roomy,
    bias: storeIn32Bits(
      bias,
      roomy.quantised.scales.map(each => each * scale),
    ),
  }
}
