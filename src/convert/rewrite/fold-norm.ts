/** Folds batch norms with fixed statistics, a scale and a shift of each channel, into the product before them. */

import type { Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import { countEach } from '../../io/count.js'
import { elementAt } from '../../io/element.js'
import { parentPath } from '../../net/path.js'
import { weightKey } from '../../net/weight-specs.js'
import type { Tensor, Weights } from '../../net/weights.js'

/** The folded graph: the new value of each old one, and the new weights. */
export interface FoldedGraph {
  readonly now: (value: Value) => Value
  readonly weights: Weights
}

const products = new Set<Value['op']['kind']>(['conv', 'depthwise', 'matmul'])

/** How often each value is read. */
const readersOf = (values: readonly Value[]): ReadonlyMap<Value, number> =>
  countEach(values.flatMap(({ inputs }) => inputs))

/** The product and kernel that a batch norm can be folded into, where nothing else reads either; else null. */
const findFoldable = (value: Value, readers: ReadonlyMap<Value, number>) => {
  const [product] = value.inputs
  const kernel = product?.inputs[1]
  return value.op.kind === 'normalise' &&
    product !== undefined &&
    products.has(product.op.kind) &&
    readers.get(product) === 1 &&
    kernel?.op.kind === 'weight' &&
    readers.get(kernel) === 1
    ? { product, key: kernel.op.name, kernel, epsilon: value.op.epsilon }
    : null
}

type Data = Float32Array

/** y = x · factor + offset, channel by channel. */
const affineOf = (scale: Data, shift: Data, mean: Data, variance: Data, epsilon: number) => {
  const factor = scale.map((each, c) => each / Math.sqrt(elementAt(variance, c) + epsilon))
  return { factor, offset: shift.map((each, c) => each - elementAt(mean, c) * elementAt(factor, c)) }
}

/** The output's channels are the last axis of a kernel, or the last but one of size 1. */
const scaleKernel = ({ shape, data }: Tensor, factor: Data): Tensor => ({
  shape,
  data: data.map((each, i) => each * elementAt(factor, i % factor.length)),
})

/** The same operation with other inputs. */
const withInputs = (value: Value, inputs: readonly Value[]): Value =>
  inputs.every((input, nth) => input === value.inputs[nth]) ? value : Object.freeze({ ...value, inputs })

/**
 * Folds every batch norm with fixed statistics into the kernel of the product before it and a bias, where nothing else
 * reads that product. `values` are in topological order.
 *
 * Law  every value but the products is unchanged, within float32 rounding
 */
export const foldNorm = (values: readonly Value[], weights: Weights): FoldedGraph => {
  const readers = readersOf(values)
  const foldedWeights: Record<string, Tensor> = {}
  const folded = new Map<Value, Value>()
  const now = (value: Value): Value => folded.get(value) ?? value
  const data = (value: Value | undefined): Data =>
    (value?.op.kind === 'weight' ? weights[value.op.name]?.data : undefined) ?? new Float32Array()

  const fold = (value: Value): Value => {
    const found = findFoldable(value, readers)
    if (found === null) return withInputs(value, value.inputs.map(now))
    const [, scale, shift, mean, variance] = value.inputs.map(data) as [Data, Data, Data, Data, Data] // as normalise has it
    const { factor, offset } = affineOf(scale, shift, mean, variance, found.epsilon)
    const bias = weightKey(parentPath(found.key), 'bias')
    foldedWeights[found.key] = scaleKernel({ shape: found.kernel.shape, data: data(found.kernel) }, factor)
    foldedWeights[bias] = { shape: [offset.length], data: offset }
    return op.add(now(found.product), op.weight(bias, [offset.length]))
  }

  for (const value of values) folded.set(value, fold(value))
  return { now, weights: { ...weights, ...foldedWeights } }
}
