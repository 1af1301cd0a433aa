/** Batch norm by known statistics is a scale and a shift of each channel: the product before it takes them in. */

import type { Value } from '../graph/graph.js'
import * as op from '../graph/operations.js'
import { parentPath } from '../net/path.js'
import { weightKey } from '../net/weight-specs.js'
import type { Tensor, Weights } from '../net/weights.js'

/** What became of values, and the weights they read now. */
export interface FoldedGraph {
  readonly now: (value: Value) => Value
  readonly weights: Weights
}

const products = new Set<Value['op']['kind']>(['conv', 'depthwise', 'matmul'])

const readersOf = (values: readonly Value[]): ReadonlyMap<Value, number> => {
  const readers = new Map<Value, number>()
  for (const { inputs } of values)
    for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1)
  return readers
}

/** What a normalisation is made of where it can be taken in: a product that nothing else reads, and its own key. */
const foldable = (value: Value, readers: ReadonlyMap<Value, number>) => {
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
const affine = (scale: Data, shift: Data, mean: Data, variance: Data, epsilon: number) => {
  const factor = scale.map((each, c) => each / Math.sqrt((variance[c] ?? 0) + epsilon))
  return { factor, offset: shift.map((each, c) => each - (mean[c] ?? 0) * (factor[c] ?? 0)) }
}

/** The output's channels are the last axis of a kernel, or the last but one of size 1. */
const scaled = ({ shape, data }: Tensor, factor: Data): Tensor => ({
  shape,
  data: data.map((each, i) => each * (factor[i % factor.length] ?? 1)),
})

/** The same operation over other inputs. */
const over = (value: Value, inputs: readonly Value[]): Value =>
  inputs.every((input, nth) => input === value.inputs[nth]) ? value : Object.freeze({ ...value, inputs })

/**
 * Takes every batch norm by known statistics into the kernel of the product before it and a bias, where nothing else
 * reads that product. `values` come in order.
 *
 * Law  every value but the products stays what it was, to the last digits
 */
export const foldNorm = (values: readonly Value[], weights: Weights): FoldedGraph => {
  const readers = readersOf(values)
  const changed: Record<string, Tensor> = {}
  const done = new Map<Value, Value>()
  const now = (value: Value): Value => done.get(value) ?? value
  const data = (value: Value | undefined): Data =>
    (value?.op.kind === 'weight' ? weights[value.op.name]?.data : undefined) ?? new Float32Array()

  const rebuilt = (value: Value): Value => {
    const found = foldable(value, readers)
    if (found === null) return over(value, value.inputs.map(now))
    const [, scale, shift, mean, variance] = value.inputs.map(data) as [Data, Data, Data, Data, Data] // as normalise has it
    const { factor, offset } = affine(scale, shift, mean, variance, found.epsilon)
    const bias = weightKey(parentPath(found.key), 'bias')
    changed[found.key] = scaled({ shape: found.kernel.shape, data: data(found.kernel) }, factor)
    changed[bias] = { shape: [offset.length], data: offset }
    return op.add(now(found.product), op.weight(bias, [offset.length]))
  }

  for (const value of values) done.set(value, rebuilt(value))
  return { now, weights: { ...weights, ...changed } }
}
