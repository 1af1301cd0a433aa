/** Where a run is in a step of the schedule, and how steps end. */
import * as t from 'io-ts'
import { closed, closedPartial, finite, naturalNumber, nullable, share, tagged } from '../io/codec.js'
import type { Position } from '../learn/training/phase.js'
import type { Path } from '../net/path.js'
import { type NewUnits, newUnitsCodec } from '../surgery/grow/new-units.js'
import type { Counts } from './schedule/counts.js'
import { type Stop, stopCodec } from './stop-reason.js'

/** How a step of the schedule ended. */
export interface StageResult {
  readonly name: string
  readonly params: number
  readonly macs: number
  readonly validation: { readonly accuracy: number }
  readonly seconds: number
  /** Multiply–accumulates of its trainings and criteria, forward and backward. */
  readonly trainingMacs?: number
  /** Where it ended before it was through. */
  readonly stopped?: Stop
  /** Where a training ended below the best of where it began and of its epochs: the validation accuracy lost. */
  readonly lost?: number
}

/** What rounds compare with: the net they began with. */
export interface RoundsBaseline extends Counts {
  readonly accuracy: number
}

/** The place inside a step of the schedule. */
export type Cursor =
  /** `cut`: the epochs that were done when the step cut the net, where it has. */
  | { readonly _tag: 'training'; readonly position: Position; readonly cut?: number }
  /** Counted from 0; `inner` is the place in the step under way, `null` before it. */
  | {
      readonly _tag: 'rounds'
      readonly base: RoundsBaseline
      readonly round: number
      readonly step: number
      readonly inner: Cursor | null
    }
  /**
   * `best` is the validation accuracy to gain on, `null` while no net was within the budget; `stale` rounds have not
   * gained.
   */
  | {
      readonly _tag: 'regrowing'
      readonly round: number
      readonly best: number | null
      readonly stale: number
      readonly step: number
      readonly inner: Cursor | null
    }
  /**
   * `grown` growths were tried, the last of them at `last`; `best` is the validation accuracy to gain on, `stale` nets
   * in a row have not; `exact` says whether the last module left the net's output as it was.
   */
  | {
      readonly _tag: 'growing'
      readonly grown: number
      readonly last: Path
      readonly best: number
      readonly stale: number
      readonly exact: boolean
      /** Of the last growth; a checkpoint of an earlier version has none. */
      readonly newUnits?: NewUnits
      readonly step: number
      readonly inner: Cursor | null
    }

const scoreCodec = closed({ images: naturalNumber, correct: naturalNumber, nats: finite })
const positionCodec = closedPartial(
  { epoch: naturalNumber, step: naturalNumber, score: scoreCodec },
  { best: closed({ epoch: naturalNumber, accuracy: share }), ended: t.literal(true) },
)
const baseCodec: t.Type<RoundsBaseline, unknown> = closed({
  params: naturalNumber,
  macs: naturalNumber,
  bytes: naturalNumber,
  accuracy: share,
})

export const cursorCodec: t.Type<Cursor, unknown> = t.recursion('a place in a step', () =>
  tagged<Cursor>('a place in a step', {
    training: closedPartial({ _tag: t.literal('training'), position: positionCodec }, { cut: naturalNumber }),
    rounds: closed({
      _tag: t.literal('rounds'),
      base: baseCodec,
      round: naturalNumber,
      step: naturalNumber,
      inner: nullable(cursorCodec),
    }),
    regrowing: closed({
      _tag: t.literal('regrowing'),
      round: naturalNumber,
      best: nullable(share),
      stale: naturalNumber,
      step: naturalNumber,
      inner: t.union([cursorCodec, t.null]),
    }),
    growing: closedPartial(
      {
        _tag: t.literal('growing'),
        grown: naturalNumber,
        last: t.string,
        best: share,
        stale: naturalNumber,
        exact: t.boolean,
        step: naturalNumber,
        inner: t.union([cursorCodec, t.null]),
      },
      { newUnits: newUnitsCodec },
    ),
  }),
)

export const stageCodec: t.Type<StageResult, unknown> = closedPartial(
  {
    name: t.string,
    params: naturalNumber,
    macs: naturalNumber,
    validation: closed({ accuracy: share }),
    seconds: finite,
  },
  { stopped: stopCodec, lost: share, trainingMacs: finite },
)
