/** Whether a step can grow, before anything trains: each growth, and the steps on each net met. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { infer } from '../../../net/infer.js'
import type { Path } from '../../../net/path.js'
import { growNet } from '../../../surgery/grow/grow.js'
import { withFreshName } from '../../../surgery/grow/insert-layer.js'
import type { Growth } from '../../../surgery/grow/options.js'
import { sitePath } from '../../../surgery/grow/site.js'
import type { RunError } from '../../error.js'
import { flatten } from '../../schedule/neighbours.js'
import type { GradientGrowths, Grow } from '../../schedule/steps.js'
import type { CheckContext, CheckResult, CheckState, StepKind } from '../kind.js'
import { refuseIf, requireSeveralValues, requireValidation, satisfied } from '../requirements.js'
import { firstSite, isByGradient, nthGrowthOf } from './growths.js'
import { netGrown } from './net-grown.js'

/** What is known after one thing more has grown, and where it did. */
interface GrownState {
  readonly state: CheckState
  readonly last: Path
}

/** Checks one growth and the steps after it. */
const checkGrowth =
  (context: CheckContext, { init, exact, steps, warmup }: Grow, growth: Growth) =>
  (state: CheckState): E.Either<RunError, GrownState> =>
    pipe(
      growNet(withFreshName(state.net.net)(growth), { init, exact })(state.net),
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

/** Whether a candidate preserves the function, as what is scored is its gradient there. Errors  NotExact */
const requirePreserved =
  (growth: Growth, { exact }: Grow) =>
  ({ net }: CheckState): E.Either<RunError, unknown> =>
    pipe(
      growNet(withFreshName(net.net)(growth), { init: 'preserve', exact })(net),
      E.flatMap(
        ({ grown: [at = ''], inexact: why }): E.Either<RunError, unknown> =>
          why === null ? satisfied : E.left({ _tag: 'NotExact', at, why, widened: exact }),
      ),
    )

/** Checks each candidate by itself, and the steps on the net in which all have grown in turn. */
const checkCandidates =
  (context: CheckContext, step: Grow, { candidates }: GradientGrowths) =>
  (state: CheckState): CheckResult =>
    pipe(
      candidates,
      E.traverseArray(growth =>
        pipe(
          checkGrowth(context, step, growth)(state),
          E.flatMap(() => requirePreserved(growth, step)(state)),
        ),
      ),
      E.flatMap(() => infer(netGrown(state.net.net, step))),
      E.flatMap(net => context.checkSteps(context, step.steps)({ ...state, net })),
    )

/** Whether what learns first after a growth is a training, which alone knows new weights. Errors  WrongOption */
const requireTraining = ({ newRate, steps }: Grow): E.Either<RunError, void> => {
  const first = flatten(steps).find(({ _tag }) => _tag === 'train' || _tag === 'push')
  return refuseIf(newRate !== null && first?._tag !== 'train', {
    _tag: 'WrongOption',
    option: 'newRate',
    got: first === undefined ? 'none' : 'push',
    expected: 'train as the first of the steps of grow that learns',
  })
}

export const checkGrow: StepKind<Grow>['check'] = (context, step) => state =>
  pipe(
    requireValidation(context),
    E.flatMap(() => requireTraining(step)),
    E.flatMap(() =>
      isByGradient(step.growths)
        ? checkCandidates(context, step, step.growths)(state)
        : checkFrom(context, step, 0)({ state, last: firstSite(step.growths) }),
    ),
  )
