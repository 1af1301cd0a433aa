/** Why rounds, or growing, end before their number is up. */
import * as t from 'io-ts'
import { closed, closedPartial, finite, naturalNumber, nullable, share, tagged } from '../io/codec.js'
import type { Path } from '../net/path.js'
import type { Measure } from '../surgery/error.js'
import type { RunError } from './error.js'
import { type Within, withinCodec } from './schedule/words/within.js'

/**
 * The bound on accuracy broke; no channel was left to cut; growing gained nothing; the budget was spent; the site was
 * pruned away.
 */
export type StopReason = 'accuracy' | 'nothing left to cut' | 'no gain' | 'budget' | 'site pruned away'

/** A target or budget that a net could not meet. */
export type Limit = Extract<RunError, { readonly _tag: 'EmptyNet' | 'OutOfReach' | 'OverBudget' }>

/** The bound on accuracy broke: the round, from 0, what might be lost, and the share that was. */
export interface Loss {
  readonly _tag: 'LostTooMuch'
  readonly round: number
  readonly within: Within
  /** Runs of earlier versions lack it. */
  readonly lost?: number
}

/** As many growths as the step has patience gained less than `minDelta`. */
export interface NoGain {
  readonly _tag: 'NoGain'
  readonly growths: number
  readonly minDelta: number
}

/** The layer where the next module goes is no longer in the net. */
export interface SiteRemoved {
  readonly _tag: 'SiteRemoved'
  readonly at: Path
}

/** What is behind the end of rounds, or of growing. */
export type StopFact = Limit | Loss | NoGain | SiteRemoved

/** Why rounds, or growing, have ended. */
export interface Stop {
  readonly why: StopReason
  /** The fact behind it; runs of earlier versions may lack it. */
  readonly fact: StopFact | null
}

const measure: t.Type<Measure> = t.keyof({ params: null, macs: null, bytes: null, latency: null })

const factCodec: t.Type<StopFact, unknown> = tagged<StopFact>('why it stopped', {
  LostTooMuch: closedPartial(
    { _tag: t.literal('LostTooMuch'), round: naturalNumber, within: withinCodec },
    { lost: share },
  ),
  NoGain: closed({ _tag: t.literal('NoGain'), growths: naturalNumber, minDelta: finite }),
  SiteRemoved: closed({ _tag: t.literal('SiteRemoved'), at: t.string }),
  EmptyNet: closed({ _tag: t.literal('EmptyNet'), at: t.string }),
  OutOfReach: closed({
    _tag: t.literal('OutOfReach'),
    measure,
    expected: finite,
    least: finite,
    limits: t.readonlyArray(t.string),
  }),
  OverBudget: closed({ _tag: t.literal('OverBudget'), measure, limit: finite, got: finite }),
})

export const stopCodec: t.Type<Stop, unknown> = closed({
  why: t.keyof({
    accuracy: null,
    'nothing left to cut': null,
    'no gain': null,
    budget: null,
    'site pruned away': null,
  }),
  fact: nullable(factCodec),
})
