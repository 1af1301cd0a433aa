/** Why rounds, or growing, end before their number is up. */
import * as t from 'io-ts'
import { closed, finite, naturalNumber, nullable, tagged } from '../io/codec.js'
import type { Measure } from '../surgery/error.js'
import type { RunError } from './error.js'
import { type Within, withinCodec } from './schedule/within.js'

/** The bound on accuracy broke; no channel was left to cut; growing gained nothing; the budget was spent; the place was pruned away. */
export type StopReason = 'accuracy' | 'nothing left to cut' | 'no gain' | 'budget' | 'place pruned away'

/** A target or budget that a net could not meet. */
export type Limit = Extract<RunError, { readonly _tag: 'EmptyNet' | 'OutOfReach' | 'OverBudget' }>

/** The bound on accuracy broke: the round, from 0, and what might be lost. */
export interface Loss {
  readonly _tag: 'LostTooMuch'
  readonly round: number
  readonly within: Within
}

export interface Stop {
  readonly why: StopReason
  /** The fact behind it, where there is one. */
  readonly fact: Limit | Loss | null
}

const measure: t.Type<Measure> = t.keyof({ params: null, macs: null, bytes: null, latency: null })

const factCodec: t.Type<Limit | Loss, unknown> = tagged<Limit | Loss>('why it stopped', {
  LostTooMuch: closed({ _tag: t.literal('LostTooMuch'), round: naturalNumber, within: withinCodec }),
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
    'place pruned away': null,
  }),
  fact: nullable(factCodec),
})
