/** Where in a step of the schedule a run is, and how steps end. */
import * as t from 'io-ts'
import type { Position } from '../learn/phase.js'
import { closed, closedPartial, count, finite, maybe, share, tagged } from '../net/closed.js'
import type { Path } from '../net/path.js'
import type { Counts } from './aim.js'
import { type Stop, stopCodec } from './stop.js'

/** How a step of the schedule ended. */
export interface StageResult {
  readonly name: string
  readonly params: number
  readonly macs: number
  readonly validation: { readonly accuracy: number }
  readonly seconds: number
  /** Where it ended before it was through. */
  readonly stopped?: Stop
  /** Where a training ended below the best of where it began and of its epochs: the validation accuracy lost. */
  readonly lost?: number
}

/** What rounds hold against: the net they began with. */
export interface Base extends Counts {
  readonly accuracy: number
}

/** The place inside a step of the schedule. */
export type Inside =
  | { readonly _tag: 'training'; readonly position: Position }
  /** Counted from 0; `inside` is the place in the step under way, `null` before it. */
  | {
      readonly _tag: 'rounds'
      readonly base: Base
      readonly round: number
      readonly step: number
      readonly inside: Inside | null
    }
  /**
   * `grown` growths were tried, the last of them at `last`; `best` is the validation accuracy to gain on, `stale` nets
   * in a row have not; `exact` says whether the last module left what the net gives.
   */
  | {
      readonly _tag: 'growing'
      readonly grown: number
      readonly last: Path
      readonly best: number
      readonly stale: number
      readonly exact: boolean
      readonly step: number
      readonly inside: Inside | null
    }

const scoreCodec = closed({ images: count, correct: count, nats: finite })
const positionCodec = closed({ epoch: count, step: count, score: scoreCodec })
const baseCodec: t.Type<Base, unknown> = closed({ params: count, macs: count, bytes: count, accuracy: share })

export const insideCodec: t.Type<Inside, unknown> = t.recursion('a place in a step', () =>
  tagged<Inside>('a place in a step', {
    training: closed({ _tag: t.literal('training'), position: positionCodec }),
    rounds: closed({
      _tag: t.literal('rounds'),
      base: baseCodec,
      round: count,
      step: count,
      inside: maybe(insideCodec),
    }),
    growing: closed({
      _tag: t.literal('growing'),
      grown: count,
      last: t.string,
      best: share,
      stale: count,
      exact: t.boolean,
      step: count,
      inside: t.union([insideCodec, t.null]),
    }),
  }),
)

export const stageCodec: t.Type<StageResult, unknown> = closedPartial(
  {
    name: t.string,
    params: count,
    macs: count,
    validation: closed({ accuracy: share }),
    seconds: finite,
  },
  { stopped: stopCodec, lost: share },
)
