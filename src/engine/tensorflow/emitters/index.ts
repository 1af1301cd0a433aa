/** From primitive operations to TensorFlow nodes: one table, which the compiler keeps complete. */
import type { Kind, Update, Value } from '../../../graph/graph.js'
import type { Writer } from '../graph/writer.js'
import * as arithmetic from './arithmetic.js'
import type { Emitted, Emitter } from './emitter.js'
import * as norm from './norm.js'
import * as windows from './windows.js'

/** Where a graph meets the world: what is fed, and where its weights are and change. */
export type Edge = Update['kind'] | 'input' | 'weight'

/** How its edges are emitted: variables for a session, constants or variables for an export. */
export type Edges = { readonly [K in Edge]: Emitter<K> }

const inner = {
  constant: (write, { op }) => [write.number(op.value)],
  part: (_, { op }, [first, ...more]) => [more[op.index - 1] ?? first],
  stop: (_write, _value, x) => [x[0]],
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
  softmax: arithmetic.softmax,
  crossEntropy: arithmetic.crossEntropy,
  inverse: arithmetic.inverse,
  largest: arithmetic.largest,
} satisfies { readonly [K in Exclude<Kind, Edge>]: Emitter<K> }

/**
 * Writes `values`, each once and after those it is made of; gives each one's outputs.
 *
 * @example
 * emit(write, edges)(topologicalOrder([logits])).get(logits)
 */
export const emit =
  (write: Writer, edges: Edges) =>
  (values: readonly Value[]): ReadonlyMap<Value, Emitted> => {
    const table = { ...inner, ...edges }
    const done = new Map<Value, Emitted>()
    for (const value of values) {
      const emitter = table[value.op.kind] as Emitter<Kind> // the kind picks the emitter; the types cannot follow
      const inputs = value.inputs.map(input => done.get(input) as Emitted) // in order: inputs come first
      done.set(value, emitter(write, value, ...inputs))
    }
    return done
  }
