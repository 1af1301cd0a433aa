/** Initial weights by rules, as a kind of step: the first of a schedule. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, nullable, positiveWhole } from '../../io/codec.js'
import { dirac } from '../../learn/initial/dirac.js'
import { checkFirstConv, whiten } from '../../learn/initial/whiten.js'
import type { Model } from '../../net/weights.js'
import type { Initialize } from '../schedule/steps.js'
import type { StepKind } from './kind.js'
import { calibrationFor, type RunStep, type StepContext } from './step-context.js'

const check: StepKind<Initialize>['check'] =
  (_, { whiten: path }) =>
  state =>
    path === null
      ? E.right(state)
      : pipe(
          checkFirstConv(path)(state.net),
          E.map(() => state),
        )

const whitenWhere = (context: StepContext, { whiten: path, images }: Initialize, model: Model) =>
  path === null ? TE.right(model) : whiten(calibrationFor(context, images), path)(model)

const run: RunStep<Initialize> =
  (context, step) =>
  ({ learner: { model }, models, stopped }) =>
    pipe(
      whitenWhere(context, step, step.dirac ? dirac(model) : model),
      TE.map(begun => ({ learner: { model: begun, slots: {} }, models, stopped })),
    )

export const initializeKind: StepKind<Initialize> = {
  codec: () =>
    closed({
      _tag: t.literal('initialize'),
      dirac: t.boolean,
      whiten: nullable(t.string),
      images: positiveWhole,
    }),
  check,
  run,
}
