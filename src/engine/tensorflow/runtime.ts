/** TensorFlow as the sessions here use it: a graph is opened, its calls are prepared once, and then run. */
import type { SessionOptions } from './config.js'
import type { Ref } from './graph/node.js'
import type { Port, SavedGraph } from './graph/proto.js'

/** What one call feeds and fetches. */
export interface GraphCall {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Ref[]
  /** Run for their effect. */
  readonly targets: readonly Ref[]
}

/** A prepared call. The feeds are those of its inputs, copied before it returns; the results are copies too. */
export interface Runner {
  readonly run: (feeds: readonly Float32Array[]) => readonly Float32Array[]
  /** As `run`, off the event loop where the runtime can. */
  readonly runAsync: (feeds: readonly Float32Array[]) => Promise<readonly Float32Array[]>
  /** As `run`, but returns a RunMetadata with the time of every node; the addon alone can. */
  readonly trace?: (feeds: readonly Float32Array[]) => Uint8Array
}

/** A graph with variables of its own. */
export interface OpenGraph {
  readonly prepare: (call: GraphCall) => Runner
  readonly close: () => void
}

/** What opens graphs: the addon or the official binding. All throw TensorFlow's error. */
export interface Runtime {
  readonly version: string
  /** Whether it has this project's operations, and this processor runs them. */
  readonly hasKernels?: boolean
  readonly open: (graph: SavedGraph, options: SessionOptions) => OpenGraph
  /** The graphs that are open. */
  readonly countGraphs: () => number
}
