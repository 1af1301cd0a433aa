/** Why rounds, or growing, end before their number is up. */
import * as t from 'io-ts'
import { closed, finite, maybe, tagged } from '../net/closed.js'
import type { Measure } from '../surgery/error.js'
import type { RunError } from './error.js'

/** The bound on accuracy broke; no channel was left to cut; growing gained nothing; the budget was spent; the place is gone. */
export type Why = 'accuracy' | 'nothing left to cut' | 'no gain' | 'budget' | 'place pruned away'

/** What a net could not be brought to. */
export type Limit = Extract<RunError, { readonly _tag: 'EmptyNet' | 'OutOfReach' | 'OverBudget' }>

export interface Stop {
  readonly why: Why
  /** The fact behind it, where there is one. */
  readonly fact: Limit | null
}

const measure: t.Type<Measure> = t.keyof({ params: null, macs: null, bytes: null, latency: null })

const limit: t.Type<Limit, unknown> = tagged<Limit>('a limit', {
  EmptyNet: closed({ _tag: t.literal('EmptyNet'), at: t.string }),
  OutOfReach: closed({
    _tag: t.literal('OutOfReach'),
    measure,
    wanted: finite,
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
  fact: maybe(limit),
})
