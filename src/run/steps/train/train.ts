/** Training as a kind of step. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closedPartial, nullable } from '../../../io/codec.js'
import { distillCodec, trainFields } from '../../../learn/codec.js'
import { newPartOf, withoutNewPart } from '../../../learn/growth/new-rate.js'
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

/** What has grown learns at a rate of its own; after the step nothing is new any more. */
const trainAlone: RunStep<Train> = (context, step) => from => {
  const teacher = teacherFor(step.distill, from.models)
  const { model, slots } = from.learner
  const newPart = newPartOf(context.newRate, slots)
  const program = trainProgram(step, teacher, model, newPart)
  return pipe(
    runTraining(
      context,
      step,
      teacher,
      program,
    )({
      ...from,
      learner: { model, slots: { ...slots, ...newPart?.slots } },
    }),
    TE.map(state => ({
      ...state,
      learner: { ...state.learner, slots: withoutNewPart(state.learner.slots) },
    })),
  )
}

const run: RunStep<Train> = (context, step) =>
  step.prune === undefined ? trainAlone(context, step) : trainAndPrune(context, step, step.prune)

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
