/** Pruning and growing again, as a kind of step: rounds at a fixed budget, while validation gains. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { closed, finite, keyed, positive, positiveWhole, wholeFrom } from '../../../io/codec.js'
import { neighboursOfRound } from '../../schedule/neighbours.js'
import type { GrowthBudget, Regrow } from '../../schedule/steps.js'
import type { StepKind } from '../kind.js'
import { requireValidation } from '../requirements.js'
import { runRegrow } from './run-regrow.js'

/** Each net of a round is kept beside the run. */
const mostRounds = 1000

const budgetCodec: t.Type<GrowthBudget, unknown> = keyed<GrowthBudget, 'params' | 'macs'>('a budget', {
  params: closed({ params: positive }),
  macs: closed({ macs: positive }),
})

const check: StepKind<Regrow>['check'] =
  (context, { rounds, steps }) =>
  state => {
    const checkRound = context.checkSteps({ ...context, ...neighboursOfRound(steps, context) }, steps)
    return pipe(
      requireValidation(context),
      E.flatMap(() => checkRound(state)),
      E.flatMap(second => (rounds > 1 ? checkRound(second) : E.right(second))),
    )
  }

export const regrowKind: StepKind<Regrow> = {
  codec: steps =>
    closed({
      _tag: t.literal('regrow'),
      rounds: wholeFrom(1, mostRounds),
      atMost: budgetCodec,
      minDelta: finite,
      patience: positiveWhole,
      steps,
    }),
  check,
  run: runRegrow,
  loop: ({ rounds, steps }) => ({ word: 'round', times: rounds, steps }),
  netAfter:
    ({ steps }, netAfterSteps) =>
    net =>
      netAfterSteps(steps, net),
}
