/** What a step grows, as JSON. */
import * as t from 'io-ts'
import { closed, list, picked, wholeFrom } from '../../../io/codec.js'
import { growthCodec } from '../../../surgery/codec.js'
import { growthRuleCodec } from '../../../surgery/grow/rule.js'
import { growthCostCodec } from '../../schedule/growth-cost.js'
import type { GradientGrowths, Growths, RuleGrowths } from '../../schedule/steps.js'

/** How often a step grows: each of so many nets is checked before anything trains. */
const mostGrowths = 1000

export const maxCodec = wholeFrom(1, mostGrowths)

const listCodec = t.refinement(
  list(growthCodec),
  growths => growths.length > 0,
  'something to grow, told by the shape of a layer that the net has',
)

const byRuleCodec: t.Type<RuleGrowths, unknown> = closed({ rule: growthRuleCodec, max: maxCodec })

/** Each is checked before anything trains, and lowered beside the others. */
const mostCandidates = 100

const candidatesCodec = t.refinement(
  list(growthCodec),
  ({ length }) => length > 0 && length <= mostCandidates,
  `1 to ${mostCandidates} candidates, told by the shapes of layers that the net has`,
)

const byGradientCodec: t.Type<GradientGrowths, unknown> = closed({
  where: t.literal('gradient'),
  candidates: candidatesCodec,
  per: growthCostCodec,
  max: maxCodec,
})

const codecOf = (u: object) => {
  if ('rule' in u) return byRuleCodec
  return 'candidates' in u ? byGradientCodec : listCodec
}

export const growthsCodec: t.Type<Growths, unknown> = picked<Growths>(
  listCodec.name,
  u => codecOf(u) as never, // each writes what it reads
  t.failure,
)
