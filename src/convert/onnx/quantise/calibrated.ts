/**
 * Rounds the values between layers to 8 bits by ranges that were measured before: pairs of QuantizeLinear and
 * DequantizeLinear, from which runtimes make products of 8-bit integers.
 * Source  `quantize_static` of onnxruntime in its QDQ format, with activations of QUInt8, of which it makes integer products on
 *         x64 wherever they are read, and weights of QInt8
 */
import { type Constant, isFloatConstant, type OnnxGraph, type OnnxNode, type Ref } from '../export/node.js'
import { storeBias } from './bias.js'
import { edgesIn } from './edges.js'
import { foldBiases } from './fold-bias.js'
import { type Product, productsIn } from './products.js'
import type { Range, Ranges } from './ranges.js'
import { replaceConstants, type Stored, storeKernel } from './weights.js'

/** A value as whole numbers from 0 to 255: `scale` · (number − `zero`). */
interface Rounding {
  readonly scale: number
  readonly zero: number
}

const largest = 255

/** Steps that reach over a range and have one at 0. */
const roundingOf = ([least, most]: Range): Rounding => {
  const [low, high] = [Math.min(least, 0), Math.max(most, 0)]
  const scale = Math.fround((high - low) / largest) || 1
  return { scale, zero: Math.round(-low / scale) }
}

/** Ranges by the value, of products whose ranges are known. */
const rangesIn = (graph: OnnxGraph, ranges: Ranges): ReadonlyMap<Ref, Range> =>
  new Map(
    edgesIn(graph).flatMap(({ product, input, output }) => {
      const found = ranges.get(product)
      if (found === undefined) return []
      const read = [input, found.input] as const
      return output === null || found.output === null ? [read] : [read, [output, found.output] as const]
    }),
  )

/** Operations that give values they read: theirs are rounded alike, so that nothing is rounded twice. */
const keepValues: ReadonlySet<string> = new Set(['MaxPool', 'Reshape', 'Transpose', 'Slice'])

const roundingsIn = (graph: OnnxGraph, ranges: Ranges): ReadonlyMap<Ref, Rounding> => {
  const found = rangesIn(graph, ranges)
  const producers = new Map(graph.nodes.map(node => [node.name, node]))
  const origin = (name: Ref): Ref | null => {
    const node = producers.get(name)
    if (node === undefined || !keepValues.has(node.op)) return null
    const [from = ''] = node.inputs
    return found.has(from) ? (origin(from) ?? from) : origin(from)
  }
  return new Map(
    [...found].map(([name, range]) => [name, roundingOf(found.get(origin(name) ?? name) ?? range)]),
  )
}

const floatOf = (name: Ref): Ref => `${name}.float`

/** The nodes that round a value, the last of which is read in its place. */
const roundValue = (name: Ref): readonly OnnxNode[] => {
  const by = [`${name}.scale`, `${name}.zero`]
  return [
    { name: `${name}.uint8`, op: 'QuantizeLinear', inputs: [name, ...by], attrs: {} },
    { name: floatOf(name), op: 'DequantizeLinear', inputs: [`${name}.uint8`, ...by], attrs: {} },
  ]
}

const constantsOf = ([name, { scale, zero }]: readonly [Ref, Rounding]): readonly Constant[] => [
  { name: `${name}.scale`, shape: [], data: Float32Array.of(scale) },
  { name: `${name}.zero`, shape: [], data: Uint8Array.of(zero) },
]

/** Rounds values where they are made, for all that read them. */
const roundValues = (graph: OnnxGraph, roundings: ReadonlyMap<Ref, Rounding>): OnnxGraph => ({
  ...graph,
  nodes: graph.nodes.flatMap(node => {
    const inputs = node.inputs.map(input => (roundings.has(input) ? floatOf(input) : input))
    return [{ ...node, inputs }, ...(roundings.has(node.name) ? roundValue(node.name) : [])]
  }),
  constants: [...graph.constants, ...[...roundings].flatMap(constantsOf)],
})

/** A product's kernel, and its bias in steps of the product of both scales, as the sums of integers are. */
const storeProduct = (
  product: Product,
  constants: ReadonlyMap<Ref, Constant>,
  roundings: ReadonlyMap<Ref, Rounding>,
): readonly (readonly [Ref, Stored])[] => {
  const [input = '', , name = ''] = product.node.inputs
  const [bias, rounding] = [constants.get(name), roundings.get(input)]
  if (!isFloatConstant(bias) || rounding === undefined) return [[product.kernel.name, storeKernel(product)]]
  const stored = storeBias(product, bias, rounding.scale)
  return [
    [product.kernel.name, storeKernel(stored.product)],
    [name, stored.bias],
  ]
}

/**
 * A graph whose products read and give values of 8 bits, rounded by these ranges. A product without a range has a kernel of
 * 8 bits alone. The outputs of the graph stay float32.
 */
export const quantiseCalibrated =
  (ranges: Ranges) =>
  (graph: OnnxGraph): OnnxGraph => {
    const roundings = roundingsIn(graph, ranges)
    const folded = foldBiases(graph)
    const constants = new Map(folded.constants.map(each => [each.name, each]))
    const stored = productsIn(folded).flatMap(each => storeProduct(each, constants, roundings))
    return replaceConstants(roundValues(folded, roundings), new Map(stored))
  }
