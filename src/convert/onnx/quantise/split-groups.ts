/** Grouped convolutions as engines compute them: a convolution a group. */
import type { Value } from '../../../graph/graph.js'
import * as op from '../../../graph/operations.js'
import { channelsOf } from '../../../net/shape.js'

const splitConv = (conv: Value, x: Value, kernel: Value): Value => {
  const read = kernel.shape[2] ?? 1
  const groups = channelsOf(x.shape) / read
  if (conv.op.kind !== 'conv' || groups === 1) return Object.freeze({ ...conv, inputs: [x, kernel] })
  const { window } = conv.op
  const filters = channelsOf(kernel.shape) / groups
  return op.concat(
    Array.from({ length: groups }, (_, nth) =>
      op.conv(op.slice(x, nth * read, read), op.slice(kernel, nth * filters, filters), window),
    ),
  )
}

/**
 * What stands for each value where no convolution has groups. `values` are in topological order.
 *
 * Law  it computes the same
 */
export const splitGroups = (values: readonly Value[]): ReadonlyMap<Value, Value> => {
  const split = new Map<Value, Value>()
  const now = (value: Value): Value => split.get(value) ?? value
  for (const value of values) {
    const [x, kernel] = value.inputs.map(now)
    split.set(
      value,
      value.op.kind === 'conv' && x !== undefined && kernel !== undefined
        ? splitConv(value, x, kernel)
        : Object.freeze({ ...value, inputs: value.inputs.map(now) }),
    )
  }
  return split
}
