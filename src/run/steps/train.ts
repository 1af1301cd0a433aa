/** Training as a kind of step. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, nullable } from '../../io/codec.js'
import { distillCodec, trainFields } from '../../learn/codec.js'
import { newPartOf, withoutNewPart } from '../../learn/growth/new-rate.js'
import { checkFrozen, trainProgram } from '../../learn/training/transforms.js'
import type { Train } from '../schedule/steps.js'
import type { StepKind } from './kind.js'
import { runTraining, teacherFor } from './learn.js'
import { refuseIf, requireSeveralValues } from './requirements.js'
import type { RunStep } from './step-context.js'

const check: StepKind<Train>['check'] =
  ({ at }, { distill, batchSize, freeze }) =>
  state =>
    pipe(
      requireSeveralValues(batchSize, state.net),
      E.flatMap(() => checkFrozen({ freeze })(state.net)),
      E.flatMap(() => refuseIf(distill !== null && !state.teacher, { _tag: 'NoTeacher', at })),
      E.map(() => ({ ...state, evidence: false })),
    )

/** After it nothing is new any more. */
const run: RunStep<Train> = (context, step) => from => {
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

export const trainKind: StepKind<Train> = {
  codec: () => closed({ _tag: t.literal('train'), ...trainFields, distill: nullable(distillCodec) }),
  check,
  run,
  training: step => step,
}
