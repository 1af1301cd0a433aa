/** Where the time of a call goes, by kind of operation, as an engine tells it. */
import type { Kind, Program } from '../graph/graph.js'
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
export const sumByKind = (times: readonly OperationTime[]): readonly KindTime[] => {
  const sums = new Map<Kind, KindTime>()
  for (const { kind, milliseconds, macs, bytes } of times) {
    const sum = sums.get(kind) ?? { kind, operations: 0, milliseconds: 0, macs: 0, bytes: 0 }
    sums.set(kind, {
      kind,
      operations: sum.operations + 1,
      milliseconds: sum.milliseconds + milliseconds,
      macs: sum.macs + macs,
      bytes: sum.bytes + bytes,
    })
  }
  return sortByCost([...sums.values()])
}
