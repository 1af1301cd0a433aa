/** What it takes to turn one primitive operation into TensorFlow nodes. */
import type { Kind, OpOf, Value } from '../../../graph/graph.js'
import type { Ref } from '../graph/node.js'
import type { Writer } from '../graph/writer.js'

/** A value's outputs in the graph: its own first, then its parts, then what only its gradient reads. */
export type Emitted = readonly [Ref, ...Ref[]]

export type ValueOf<K extends Kind> = Value & { readonly op: OpOf<K> }

export type Emitter<K extends Kind> = (
  write: Writer,
  value: ValueOf<K>,
  ...inputs: readonly Emitted[]
) => Emitted
