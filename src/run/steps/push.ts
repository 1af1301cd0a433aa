/** Pushing as a kind of step. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, nullable } from '../../io/codec.js'
import { distillCodec, pushFields } from '../../learn/codec.js'
import { checkPush, pushCalls } from '../../learn/push/push.js'
import { checkFrozen, pushProgram } from '../../learn/training/transforms.js'
import type { CheckedNet } from '../../net/infer.js'
import { widthsOf } from '../../surgery/analysis/trunk.js'
import { countedTargetCodec } from '../../surgery/target-codec.js'
import type { RunError } from '../error.js'
import type { RunEvent } from '../events.js'
import { measureFeatures } from '../review/features.js'
import { upcomingPrune, upcomingTarget } from '../schedule/neighbours.js'
import type { Push } from '../schedule/steps.js'
import type { CheckContext, CheckState, StepKind } from './kind.js'
import { runTraining, teacherFor } from './learn.js'
import { rankedEvent } from './ranked.js'
import {
  type Requirement,
  requireCriterion,
  requireDecision,
  requireSeveralValues,
  satisfied,
} from './requirements.js'
import {
  isWhole,
  loggedPlace,
  type RunStep,
  type StepContext,
  type StepStart,
  type StepState,
  stageOf,
} from './step-context.js'

/** A push that fades needs channels whose gradient utility can be measured. */
const requireFadeable = ({ target, prune }: CheckContext, push: Push, after: CheckState): Requirement =>
  push.fade === null || upcomingTarget(push, prune, target) === null
    ? satisfied
    : requireCriterion('gradientUtility', after)

/** A user's own terms are built once, to find what is wrong with them before anything trains. */
const requireTerms = (push: Push, net: CheckedNet): Requirement =>
  push.align.terms === undefined ? satisfied : pushCalls(push, 1, null)(net)

const check: StepKind<Push>['check'] = (context, push) => state => {
  const after = { ...state, evidence: push.fade !== null }
  return pipe(
    requireDecision(state.net),
    E.flatMap(() => requireSeveralValues(push.batchSize, state.net)),
    E.flatMap(() => checkFrozen(push)(state.net)),
    E.flatMap(() => checkPush(push)),
    E.flatMap(() => requireTerms(push, state.net)),
    E.flatMap(() => requireFadeable(context, push, after)),
    E.map(() => after),
  )
}

/** Logs what the net decides on, where there are validation images. */
const logFeatures =
  (context: StepContext, pushed: boolean) =>
  ({ learner }: StepState): TE.TaskEither<RunError, void> =>
    context.dataset.validation.size === 0
      ? TE.right(undefined)
      : pipe(
          measureFeatures(context, pushed ? 'after the push' : 'before the push')(learner.model),
          TE.flatMap(features =>
            context.emit({ _tag: 'featuresMeasured', stage: stageOf(context.place), pushed, ...features }),
          ),
        )

/** Before a push that begins: behind a cut the net is one that was pushed. */
const logFeaturesBefore = (context: StepContext, from: StepStart): TE.TaskEither<RunError, void> =>
  from.cursor === null && isWhole(from) ? logFeatures(context, false)(from) : TE.right(undefined)

const run: RunStep<Push> = (context, step) => from => {
  const teacher = teacherFor(step.distill, from.models)
  const { model } = from.learner
  const widths = widthsOf(from.models.original ?? model)
  const cut = upcomingPrune({ net: model.net, widths }, step, context.prune, context.target)
  const marked: RunEvent[] = []
  const program = pushProgram(step, cut, teacher, model, ranking =>
    marked.push(rankedEvent(loggedPlace(context), 'gradientUtility', false, ranking)),
  )
  return pipe(
    logFeaturesBefore(context, from),
    TE.flatMap(() => runTraining(context, step, teacher, program, () => marked.splice(0))(from)),
    TE.tap(logFeatures(context, true)),
  )
}

export const pushKind: StepKind<Push> = {
  codec: () =>
    closed({
      _tag: t.literal('push'),
      ...pushFields,
      distill: nullable(distillCodec),
      target: nullable(countedTargetCodec),
    }),
  check,
  run,
  training: step => step,
  mapFunctions: map => step =>
    step.align.terms === undefined
      ? step
      : { ...step, align: { ...step.align, terms: step.align.terms.map(map) } },
}
