/** What a net is lowered for, and what its lowering collects. */
import type { Path } from '../net/path.js'
import { type WeightName, weightKey } from '../net/weight-specs.js'
import type { Value } from './graph.js'

/**
 * `training` normalises by the batch's own statistics and applies dropout and dropPath; `inference` normalises by the
 * running statistics and applies neither.
 */
export type Mode = 'training' | 'inference'

/** What a net is lowered for. */
export interface LowerOptions {
  readonly batch: number
  readonly mode: Mode
  /** Whether values are dropped while training; by default yes. */
  readonly dropout?: boolean
  /** Layers, with all inside them, that are normalised by their running statistics in training, too. */
  readonly frozen?: readonly Path[]
  /** Prefix of the weights' names, where two nets share a graph. */
  readonly prefix?: string
  /** Whether a grouped convolution stays one, which engines do not compute; by default it becomes one a group. */
  readonly wholeGroups?: boolean
  /** Another net's images; by default an input of their own, named `images`. */
  readonly images?: Value
  /** What goes on from a layer in place of its output; by default the output itself. */
  readonly passOn?: (output: Value, path: Path, input: Value) => Value
}

/** A statistic of a batch, for the running statistic stored under `key`. */
export interface Statistic {
  readonly key: string
  readonly seen: Value
  /** The share of the old statistic that stays. */
  readonly keep: number
}

/** One lowering: what it is for, and the statistics and noise that it collects. */
export interface Lowering {
  readonly options: LowerOptions
  readonly weights: ReadonlyMap<string, Value>
  readonly statistics: Statistic[]
  readonly noise: Value[]
}

export const weightAt = ({ weights }: Lowering, path: Path, slot: WeightName): Value =>
  weights.get(weightKey(path, slot)) as Value // every weight of the net is there
