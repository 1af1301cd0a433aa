/** Emits primitive operations as TensorFlow nodes, by one table that the compiler keeps complete. */
import type { Kind, Update, Value } from '../../../graph/graph.js'
import { type Fusions, noFusions } from '../graph/fuse.js'
import type { Writer } from '../graph/writer.js'
import * as arithmetic from './arithmetic.js'
import { allReduce } from './collective.js'
import type { Emitted, Emitter } from './emitter.js'
import { emitFusion } from './fused.js'
import * as norm from './norm.js'
import * as windows from './windows.js'

/** Kinds that depend on the use of a graph: inputs, weights and updates. */
export type Edge = Update['kind'] | 'input' | 'weight'

/** Their emitters: over variables in a session, over constants in an export. */
export type Edges = { readonly [K in Edge]: Emitter<K> }

const pure = {
  constant: (write, { op }) => [write.number(op.value)],
  part: (_, { op }, [first, ...more]) => [more[op.index - 1] ?? first],
  stop: (_write, _value, x) => [x[0]],
  allReduce,
  ...windows,
  batchNorm: norm.batchNorm,
  batchNormGrad: norm.batchNormGrad,
  normalise: norm.normalise,
  ...arithmetic.unaries,
  ...arithmetic.binaries,
  reluGrad: arithmetic.reluGrad,
  relu6Grad: arithmetic.relu6Grad,
  matmul: arithmetic.matmul,
  sum: arithmetic.sum,
  reshape: arithmetic.reshape,
  broadcast: arithmetic.broadcast,
  eye: arithmetic.eye,
  concat: arithmetic.concat,
  slice: arithmetic.slice,
  shuffle: arithmetic.shuffle,
  softmax: arithmetic.softmax,
  crossEntropy: arithmetic.crossEntropy,
  inverse: arithmetic.inverse,
  largest: arithmetic.largest,
} satisfies { readonly [K in Exclude<Kind, Edge>]: Emitter<K> }

/** What the addon's operations compute of a graph: several values at once, or each of a kind. */
export interface Own {
  readonly fusions: Fusions
  readonly emitters: Partial<typeof pure>
}

const none: Own = { fusions: noFusions, emitters: {} }

/** Nodes are named by the kind of their value; inputs and weights have names of their own. */
const writerFor = (write: Writer, { op }: Value): Writer =>
  op.kind === 'input' || op.kind === 'weight' ? write : write.within(op.kind)

/**
 * Emits each value once, after its inputs, but for those inside fused convolutions; returns the outputs of each.
 *
 * @example
 * emit(write, edges)(topologicalOrder([logits])).get(logits)
 */
export const emit =
  (write: Writer, edges: Edges, { fusions: { convs, inside }, emitters }: Own = none) =>
  (values: readonly Value[]): ReadonlyMap<Value, Emitted> => {
    const table = { ...pure, ...edges, ...emitters }
    const outputs = new Map<Value, Emitted>()
    const outputsOf = (value: Value): Emitted => outputs.get(value) as Emitted // in order: inputs come first
    const emitValue = (value: Value): Emitted => {
      const fused = convs.get(value)
      if (fused !== undefined)
        return emitFusion(write.within(fused.kind), fused, input => outputsOf(input)[0])
      const emitter = table[value.op.kind] as Emitter<Kind> // the kind picks the emitter; the types cannot follow
      return emitter(writerFor(write, value), value, ...value.inputs.map(outputsOf))
    }
    for (const value of values) if (!inside.has(value)) outputs.set(value, emitValue(value))
    return outputs
  }
