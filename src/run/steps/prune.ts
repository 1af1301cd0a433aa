/** Pruning as a kind of step: a cut and a repair. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, nullable } from '../../io/codec.js'
import type { Learner } from '../../learn/training/learner.js'
import { type Widths, widthsOf } from '../../surgery/analysis/trunk.js'
import { targetCodec } from '../../surgery/target-codec.js'
import type { RunError } from '../error.js'
import type { Prune } from '../schedule/steps.js'
import { cutToTarget } from './cut-to-target.js'
import type { CheckContext, StepKind } from './kind.js'
import { pruneFields } from './prune-fields.js'
import { type RepairedLearner, repairCut, requireRepair } from './repair.js'
import { refuseIf, requireCriterion, requirePaths, requireReachable, satisfied } from './requirements.js'
import type { RunStep, StepContext } from './step-context.js'

/** The target there is: its own, that of the rounds around it, or that of the push before it. */
const targetFor = ({ target, push }: CheckContext, prune: Prune): Prune['target'] =>
  prune.target ?? target ?? (prune.by === 'gradientUtility' ? (push?.target ?? null) : null)

const check: StepKind<Prune>['check'] = (context, prune) => state =>
  pipe(
    refuseIf(targetFor(context, prune) === null, { _tag: 'NoTarget', at: context.at }),
    E.flatMap(() => requirePaths(prune, state.net)),
    E.flatMap(() => requireRepair(prune, state.net)),
    E.flatMap(() => requireCriterion(prune.by, state)),
    E.flatMap(() => (state.cut ? satisfied : requireReachable(prune, state.net))),
    E.map(() => ({ ...state, teacher: true, cut: true })),
  )

/** The cut of a prune step, and its repair; `widths`: those of the net before the first cut. */
export const cutAndRepair =
  (context: StepContext, step: Prune, widths: Widths) =>
  (learner: Learner): TE.TaskEither<RunError, RepairedLearner> =>
    pipe(cutToTarget({ context, step, widths })(learner), TE.flatMap(repairCut(context, step, widths)))

const run: RunStep<Prune> =
  (context, step) =>
  ({ learner, models, stopped }) =>
    pipe(
      cutAndRepair(context, step, widthsOf(models.original ?? learner.model))(learner),
      TE.map(repaired => ({
        learner: repaired.learner,
        models: {
          ...models,
          original: models.original ?? learner.model,
          teacher: models.teacher ?? learner.model,
        },
        stopped,
      })),
    )

export const pruneKind: StepKind<Prune> = {
  codec: () => closed({ _tag: t.literal('prune'), target: nullable(targetCodec), ...pruneFields }),
  check,
  run,
  mapFunctions: map => step => (typeof step.by === 'string' ? step : { ...step, by: map(step.by) }),
}
