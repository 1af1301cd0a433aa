/** Where the time of a call goes, by kind of operation, as an engine tells it. */
import type { Kind, Program } from '../graph/graph.js'
import { groupBy, sumBy } from '../io/count.js'
import type { Weights } from '../net/weights.js'
import type { Feeds } from './engine.js'

/** One call of a program, and how often to run it. */
export interface CallToProfile {
  readonly program: Program
  readonly call: string
  readonly feeds: Feeds
  /** What variables begin with. */
  readonly weights: Weights
  /** Variables that are never written, as of `Engine.open`. */
  readonly constants: Weights
  readonly rounds: number
}

/** What one operation takes. */
export interface OperationTime {
  readonly kind: Kind
  /** The least of the rounds. */
  readonly milliseconds: number
  readonly macs: number
  /** Read and written. */
  readonly bytes: number
}

/** What the operations of one kind take together, on one thread. */
export interface KindTime extends OperationTime {
  readonly operations: number
}

/** The most costly first, without those that take no time. */
export const sortByCost = (kinds: readonly KindTime[]): readonly KindTime[] =>
  kinds.filter(({ milliseconds }) => milliseconds > 0).toSorted((a, b) => b.milliseconds - a.milliseconds)

/** Sums by kind, sorted by cost. */
export const sumByKind = (times: readonly OperationTime[]): readonly KindTime[] =>
  sortByCost(
    [...groupBy(times, ({ kind }) => kind)].map(([kind, ofKind]) => ({
      kind,
      operations: ofKind.length,
      milliseconds: sumBy(ofKind, ({ milliseconds }) => milliseconds),
      macs: sumBy(ofKind, ({ macs }) => macs),
      bytes: sumBy(ofKind, ({ bytes }) => bytes),
    })),
  )
