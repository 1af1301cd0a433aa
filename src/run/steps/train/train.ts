/** Training as a kind of step. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { closedPartial, nullable } from '../../../io/codec.js'
import { distillCodec, trainFields } from '../../../learn/codec.js'
import { checkFrozen, trainProgram } from '../../../learn/training/transforms.js'
import type { Train } from '../../schedule/steps.js'
import type { StepKind } from '../kind.js'
import { runTraining, teacherFor } from '../learn.js'
import { refuseIf, requireSeveralValues, satisfied } from '../requirements.js'
import type { RunStep } from '../step-context.js'
import { pruneWhileTrainingCodec, requirePruning, trainAndPrune } from './prune-while-training.js'

const check: StepKind<Train>['check'] =
  ({ at }, train) =>
  state => {
    const { distill, batchSize, freeze, prune } = train
    return pipe(
      requireSeveralValues(batchSize, state.net),
      E.flatMap(() => checkFrozen({ freeze })(state.net)),
      E.flatMap(() => refuseIf(distill !== null && !state.teacher, { _tag: 'NoTeacher', at })),
      E.flatMap(() => (prune === undefined ? satisfied : requirePruning(train, prune)(state))),
      E.map(() => ({ ...state, evidence: false, cut: state.cut || prune !== undefined })),
    )
  }

const run: RunStep<Train> = (context, step) => from => {
  const teacher = teacherFor(step.distill, from.models)
  return step.prune === undefined
    ? runTraining(context, step, teacher, trainProgram(step, teacher, from.learner.model))(from)
    : trainAndPrune(context, step, step.prune)(from)
}

export const trainKind: StepKind<Train> = {
  codec: () =>
    closedPartial(
      { _tag: t.literal('train'), ...trainFields, distill: nullable(distillCodec) },
      { prune: pruneWhileTrainingCodec },
    ),
  check,
  run,
  training: step => step,
  mapFunctions: map => step => {
    const { prune } = step
    return prune === undefined || typeof prune.by === 'string'
      ? step
      : { ...step, prune: { ...prune, by: map(prune.by) } }
  },
}
