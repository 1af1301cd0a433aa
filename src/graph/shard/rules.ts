/**
 * What one worker computes of each operation, by how its inputs are spread: rows stay with their worker, sums over the
 * batch become sums over workers. As the partitioner of XLA does (Xu et al. 2021, arXiv 2105.04663), for the first axis.
 */
import { type Binary, type Kind, type OpOf, type Unary, type Value, withInputs } from '../graph.js'
import { hasBatchAxis, localise } from './localise.js'
import { shardNorm, shardNormGrad } from './norm.js'
import {
  isEveryValue,
  isPartial,
  isSharded,
  localShape,
  type Placed,
  partial,
  replicate,
  replicated,
  type Sharding,
  sharded,
} from './placement.js'

/** `null` where the operation mixes rows in a way that no sum over workers restores. */
export type Rule<K extends Kind = Kind> = (
  sharding: Sharding,
  value: Value & { readonly op: OpOf<K> },
  inputs: readonly Placed[],
) => Placed | null

/** Each worker's rows of an input. */
const rowsOf = (sharding: Sharding, placed: Placed): Value | null => {
  if (isSharded(placed)) return placed.value
  const value = replicate(sharding, placed)
  return value === null ? null : localise(sharding, value)
}

/** The same on every worker. */
const everywhere: Rule = (sharding, value, inputs) => {
  const values = inputs.map(input => replicate(sharding, input))
  return isEveryValue(values) ? replicated(withInputs(value, values, value.shape)) : null
}

/** The inputs of one worker: its rows of those that have some, the others as they are. */
const localInputs = (
  sharding: Sharding,
  value: Value,
  inputs: readonly Placed[],
  hasRows: (input: Value, nth: number) => boolean,
): readonly Value[] | null => {
  const values = inputs.map((input, nth) =>
    hasRows(value.inputs[nth] ?? value, nth) ? rowsOf(sharding, input) : replicate(sharding, input),
  )
  return isEveryValue(values) ? values : null
}

/** Rows from the same rows of these inputs. */
const byRows =
  (...rows: readonly number[]): Rule =>
  (sharding, value, inputs) => {
    if (!inputs.some(isSharded)) return everywhere(sharding, value, inputs)
    const values = localInputs(sharding, value, inputs, (_, nth) => rows.includes(nth))
    return values === null || value.shape[0] !== sharding.batch
      ? null
      : sharded(withInputs(value, values, localShape(sharding, value.shape)))
  }

/** A sum over the rows of these inputs. */
const overRows =
  (...rows: readonly number[]): Rule =>
  (sharding, value, inputs) => {
    if (!inputs.some(isSharded)) return everywhere(sharding, value, inputs)
    const values = localInputs(sharding, value, inputs, (_, nth) => rows.includes(nth))
    return values === null ? null : partial(withInputs(value, values, value.shape))
  }

/** Rows from the same rows of every input that has as many axes as the output, and as many rows. */
const aligned: Rule = (sharding, value, inputs) => {
  if (!inputs.some(isSharded)) return everywhere(sharding, value, inputs)
  const rank = value.shape.length
  const values = localInputs(sharding, value, inputs, input => hasBatchAxis(sharding, input, rank))
  return values === null || value.shape[0] !== sharding.batch
    ? null
    : sharded(withInputs(value, values, localShape(sharding, value.shape)))
}

/** Of a sum of partial values, the sum of what it makes of each. */
const linear =
  (other: Rule): Rule =>
  (sharding, value, inputs) =>
    inputs.every(isPartial)
      ? partial(
          withInputs(
            value,
            inputs.map(input => input.value),
            value.shape,
          ),
        )
      : other(sharding, value, inputs)

/** Along the last axis, which must not be the batch. */
const alongLast: Rule = (sharding, value, inputs) =>
  value.shape.length < 2 && inputs.some(isSharded) ? null : aligned(sharding, value, inputs)

const isConstant = ({ value }: Placed): boolean => value.op.kind === 'constant'

/** A partial value times a number stays one. */
const scaled: Rule = (sharding, value, inputs) => {
  const [a, b] = inputs
  return a !== undefined && b !== undefined && isPartial(a) && isConstant(b)
    ? partial(withInputs(value, [a.value, b.value], value.shape))
    : aligned(sharding, value, inputs)
}

const reshape: Rule = (sharding, value, inputs) =>
  inputs.some(isSharded) && value.shape[0] !== sharding.batch ? null : byRows(0)(sharding, value, inputs)

const sum: Rule<'sum'> = (sharding, value, inputs) => {
  const [x] = inputs
  if (x === undefined || !isSharded(x)) return linear(everywhere)(sharding, value, inputs)
  return value.op.axes.includes(0)
    ? partial(withInputs(value, [x.value], value.shape))
    : sharded(withInputs(value, [x.value], localShape(sharding, value.shape)))
}

/** The rows of a product are those of its left factor; a product over the batch is a sum. */
const matmul: Rule<'matmul'> = (sharding, value, inputs) => {
  const { transposeA, transposeB } = value.op
  const [a, b] = inputs
  if (a === undefined || b === undefined || !inputs.some(isSharded))
    return everywhere(sharding, value, inputs)
  if (!transposeA && !isSharded(b)) return byRows(0)(sharding, value, inputs)
  return transposeA && !transposeB ? overRows(0, 1)(sharding, value, inputs) : null
}

const part: Rule<'part'> = (sharding, value, inputs) =>
  inputs[0]?.parts?.[value.op.index - 1] ?? byRows(0)(sharding, value, inputs)

const batchNorm: Rule<'batchNorm'> = (sharding, value, inputs) => {
  if (!inputs.some(isSharded)) return everywhere(sharding, value, inputs)
  const [x, scale, shift] = localInputs(sharding, value, inputs, (_, nth) => nth === 0) ?? []
  return x === undefined || scale === undefined || shift === undefined
    ? null
    : shardNorm(sharding, value, x, scale, shift)
}

const batchNormGrad: Rule<'batchNormGrad'> = (sharding, value, inputs) => {
  const norm = inputs[3]
  if (norm === undefined || !inputs.some(isSharded)) return everywhere(sharding, value, inputs)
  const [dy, x, scale] = localInputs(sharding, value, inputs.slice(0, 3), (_, nth) => nth < 2) ?? []
  return dy === undefined || x === undefined || scale === undefined
    ? null
    : shardNormGrad(sharding, value, [dy, x, scale], norm)
}

const unaries = {
  ...{ relu: aligned, relu6: aligned, sigmoid: aligned, tanh: aligned, erf: aligned, exp: aligned },
  ...{ log: aligned, sqrt: aligned, square: aligned, abs: aligned, sign: aligned, neg: linear(aligned) },
} satisfies { readonly [K in Unary]: Rule }

const binaries = {
  ...{ add: linear(aligned), sub: linear(aligned), mul: scaled, div: scaled },
  ...{ minimum: aligned, maximum: aligned, greater: aligned },
} satisfies { readonly [K in Binary]: Rule }

/** The rule of every operation; inputs and weights are placed by the caller. */
export const rules: { readonly [K in Kind]: Rule<K> } = {
  ...unaries,
  ...binaries,
  input: everywhere,
  weight: everywhere,
  constant: everywhere,
  eye: everywhere,
  part,
  conv: byRows(0),
  convInput: byRows(0, 2),
  convKernel: overRows(0, 1),
  depthwise: byRows(0),
  depthwiseInput: byRows(0, 2),
  depthwiseKernel: overRows(0, 1),
  matmul,
  batchNorm,
  batchNormGrad,
  normalise: byRows(0),
  maxPool: byRows(0),
  maxPoolGrad: byRows(0, 1, 2),
  avgPool: byRows(0),
  avgPoolGrad: byRows(0, 1),
  reluGrad: aligned,
  relu6Grad: aligned,
  sum,
  reshape: linear(reshape),
  broadcast: aligned,
  concat: linear(alongLast),
  slice: linear(alongLast),
  shuffle: linear(alongLast),
  softmax: alongLast,
  crossEntropy: byRows(0, 1),
  inverse: everywhere,
  largest: everywhere,
  stop: linear(aligned),
  allReduce: everywhere,
  assign: everywhere,
  average: everywhere,
  momentum: everywhere,
  adam: everywhere,
}
