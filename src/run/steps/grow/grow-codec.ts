/** A step that grows, as JSON. */
import * as t from 'io-ts'
import {
  closed,
  closedPartial,
  finite,
  forbid,
  list,
  nullable,
  picked,
  positive,
  positiveWhole,
  wholeFrom,
} from '../../../io/codec.js'
import { newRateCodec, trainCodec } from '../../../learn/codec.js'
import { growInitCodec, growthCodec } from '../../../surgery/codec.js'
import { growthRuleCodec } from '../../../surgery/grow/rule.js'
import { growthCostCodec } from '../../schedule/growth-cost.js'
import type { GradientGrowths, Grow, Growths, RuleGrowths } from '../../schedule/steps.js'
import type { StepKind } from '../kind.js'

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

const growthsCodec: t.Type<Growths, unknown> = picked<Growths>(
  listCodec.name,
  u => codecOf(u) as never, // each writes what it reads
  t.failure,
)

export const growCodec: StepKind<Grow>['codec'] = steps =>
  closedPartial(
    {
      _tag: t.literal('grow'),
      growths: growthsCodec,
      init: growInitCodec,
      exact: t.boolean,
      noise: positive,
      minDelta: finite,
      patience: positiveWhole,
      budget: closed({ params: nullable(positive), macs: nullable(positive), latency: nullable(positive) }),
      newRate: nullable(newRateCodec),
      warmup: nullable(trainCodec),
      steps,
    },
    { max: forbid(maxCodec.name) },
  )
