/** TensorFlow as the sessions here use it: a graph is opened, its calls are prepared once, and then run. */
import type { SessionOptions } from './config.js'
import type { Ref } from './graph/node.js'
import type { Port, SavedGraph } from './graph/proto.js'

/** How a call is run in equal parts of its rows, each by its feeds, and by how many threads at once. */
export interface Split {
  readonly parts: number
  readonly threads: number
}

/** What one call feeds and fetches; where it is split, the shapes are those of a part. */
export interface GraphCall {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Ref[]
  /** Run for their effect. */
  readonly targets: readonly Ref[]
  /** By default a call is run once. */
  readonly split?: Split
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
  /** Whether it runs calls in parts. */
  readonly splits?: boolean
  readonly open: (graph: SavedGraph, options: SessionOptions) => OpenGraph
  /** The graphs that are open. */
  readonly countGraphs: () => number
}
