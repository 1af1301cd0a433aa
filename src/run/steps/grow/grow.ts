/** Growing as a kind of step: a module, a branch or a width more, its training, and whether that paid. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
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
import { trainCodec } from '../../../learn/codec.js'
import type { Path } from '../../../net/path.js'
import type { Net } from '../../../net/tree.js'
import { growInitCodec, growthCodec } from '../../../surgery/codec.js'
import { growNet } from '../../../surgery/grow/grow.js'
import { withFreshName } from '../../../surgery/grow/insert-layer.js'
import type { Growth } from '../../../surgery/grow/options.js'
import { growthRuleCodec } from '../../../surgery/grow/rule.js'
import { sitePath } from '../../../surgery/grow/site.js'
import type { RunError } from '../../error.js'
import { type GrownPreview, previewGrowth } from '../../schedule/growth-preview.js'
import type { Grow, Growths, RuleGrowths, Step, Warmup } from '../../schedule/steps.js'
import type { CheckContext, CheckResult, CheckState, StepKind } from '../kind.js'
import { requireSeveralValues, requireValidation, satisfied } from '../requirements.js'
import { firstPlace, isByRule, nthGrowthOf, timesOf } from './growths.js'
import { runGrow } from './run-grow.js'

/** How often a step grows: each of so many nets is checked before anything trains. */
const mostGrowths = 1000

export const maxCodec = wholeFrom(1, mostGrowths)

const listCodec = t.refinement(
  list(growthCodec),
  growths => growths.length > 0,
  'something to grow, told by the shape of a layer that the net has',
)

const byRuleCodec: t.Type<RuleGrowths, unknown> = closed({ rule: growthRuleCodec, max: maxCodec })

const growthsCodec: t.Type<Growths, unknown> = picked<Growths>(
  listCodec.name,
  u => ('rule' in u ? byRuleCodec : listCodec) as never, // each writes what it reads
  t.failure,
)

const codec: StepKind<Grow>['codec'] = steps =>
  closedPartial(
    {
      _tag: t.literal('grow'),
      growths: growthsCodec,
      init: growInitCodec,
      noise: positive,
      minDelta: finite,
      patience: positiveWhole,
      budget: closed({ params: nullable(positive), macs: nullable(positive), latency: nullable(positive) }),
      warmup: nullable(trainCodec),
      steps,
    },
    { max: forbid(maxCodec.name) },
  )

/** What is known after one thing more has grown, and where it did. */
interface GrownState {
  readonly state: CheckState
  readonly last: Path
}

/** Checks one growth and the steps after it. */
const checkGrowth =
  (context: CheckContext, { init, steps, warmup }: Grow, growth: Growth) =>
  (state: CheckState): E.Either<RunError, GrownState> =>
    pipe(
      growNet(withFreshName(state.net.net)(growth), init)(state.net),
      E.mapLeft((error): RunError => error),
      E.flatMap(({ net, grown: [at = sitePath(growth)] }) =>
        pipe(
          warmup === null ? satisfied : requireSeveralValues(warmup.batchSize, net),
          E.flatMap(() => context.checkSteps(context, steps)({ ...state, net })),
          E.map(after => ({ state: after, last: at })),
        ),
      ),
    )

/** Checks the `nth` growth, from 0, and those after it. */
const checkFrom =
  (context: CheckContext, step: Grow, nth: number) =>
  ({ state, last }: GrownState): CheckResult =>
    pipe(
      nthGrowthOf(step.growths, nth, last)(state.net.net),
      E.flatMap(growth =>
        growth === null
          ? E.right(state)
          : pipe(checkGrowth(context, step, growth)(state), E.flatMap(checkFrom(context, step, nth + 1))),
      ),
    )

const check: StepKind<Grow>['check'] = (context, step) => state =>
  pipe(
    requireValidation(context),
    E.flatMap(() => checkFrom(context, step, 0)({ state, last: firstPlace(step.growths) })),
  )

/** The net after so many growths, as far as one can tell before a run. */
export const netGrown = (net: Net, growths: Growths, times = timesOf(growths)): Net => {
  let grown: GrownPreview = { net, last: firstPlace(growths) }
  for (let nth = 0; nth < times; nth++) {
    const growth = nthGrowthOf(growths, nth, grown.last)(grown.net)
    if (E.isLeft(growth) || growth.right === null) break // which is refused, or the end
    grown = previewGrowth(grown.net, growth.right)
  }
  return grown.net
}

/** What is run on each net met: a warm-up is one more step, before the others. */
export const stepsOf = ({ warmup, steps }: Pick<Grow, 'warmup' | 'steps'>): readonly (Step | Warmup)[] =>
  warmup === null ? steps : [{ ...warmup, _tag: 'warmup' }, ...steps]

export const growKind: StepKind<Grow> = {
  codec,
  check,
  run: (context, step) => runGrow(context, step, stepsOf(step)),
  loop: step => ({ word: 'growth', times: timesOf(step.growths), steps: stepsOf(step) }),
  netAfter:
    ({ growths, steps }, netAfterSteps) =>
    net =>
      netAfterSteps(steps, netGrown(net, growths)),
  mapFunctions: map => step =>
    isByRule(step.growths) ? { ...step, growths: { ...step.growths, rule: map(step.growths.rule) } } : step,
}
