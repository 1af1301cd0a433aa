/** One worker's rows of a replicated value whose rows are all alike, such as the seed of a gradient. */
import { type Value, withInputs } from '../graph.js'
import { isEveryValue, localShape, type Sharding } from './placement.js'

/** Whether a value has the batch as its first axis, where it stands beside one of `rank` axes that has. */
export const hasBatchAxis = ({ batch }: Sharding, { shape }: Value, rank: number): boolean =>
  shape.length === rank && shape[0] === batch

/** Kinds that compute each row from the same row of their inputs. */
const rowwise: ReadonlySet<string> = new Set([
  ...['add', 'sub', 'mul', 'div', 'minimum', 'maximum', 'greater', 'neg', 'square', 'sqrt', 'exp', 'log'],
  ...['abs', 'sign', 'relu', 'relu6', 'sigmoid', 'tanh', 'stop', 'reshape', 'broadcast', 'concat', 'slice'],
])

/** Operations along the last axis, which must not be the batch. */
const alongLast: ReadonlySet<string> = new Set(['concat', 'slice'])

/** `null` where rows may differ. */
export const localise = (sharding: Sharding, value: Value): Value | null => {
  const { op: own, shape } = value
  if (!rowwise.has(own.kind) || (alongLast.has(own.kind) && shape.length < 2)) return null
  const isReshape = own.kind === 'reshape'
  const inputs = value.inputs.map(input => {
    const rank = isReshape ? input.shape.length : shape.length
    if (hasBatchAxis(sharding, input, rank)) return localise(sharding, input)
    return isReshape ? null : input
  })
  return isEveryValue(inputs) ? withInputs(value, inputs, localShape(sharding, shape)) : null
}
