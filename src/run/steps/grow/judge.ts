/** A net that has grown: trained, measured, and held against the last that paid. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf, type Score } from '../../../learn/evaluation/score.js'
import { lastName } from '../../../net/path.js'
import type { RunError } from '../../error.js'
import { runSteps } from '../sequence.js'
import { scoreValidation, stageOf } from '../step-context.js'
import { type GrowContext, type GrowCursor, type GrowState, withBest } from './grow-state.js'
import { type GrowthCandidate, keepMet } from './meet-net.js'

/** The cursor after a net, which gained enough or not. */
const nextCursor = (cursor: GrowCursor, accuracy: number, paid: boolean): GrowCursor => ({
  ...cursor,
  grown: cursor.grown + 1,
  best: paid ? accuracy : cursor.best,
  stale: paid ? 0 : cursor.stale + 1,
  step: 0,
  inner: null,
})

/** Keeps a trained net, holds it against the last that paid, and saves. */
const judge =
  ({ context, step }: GrowContext, { state, cursor }: GrowState) =>
  (score: Score): TE.TaskEither<RunError, GrowState> => {
    const gain = accuracyOf(score) - cursor.best
    const paid = gain >= step.minDelta
    const next: GrowState = {
      state: paid ? withBest(context, state) : state,
      cursor: nextCursor(cursor, accuracyOf(score), paid),
    }
    const met: GrowthCandidate = {
      nth: cursor.grown + 1,
      name: lastName(cursor.last),
      exact: cursor.exact,
      score,
    }
    return pipe(
      keepMet(context, met, state.learner.model),
      TE.flatMap(kept =>
        context.pause(next.state, next.cursor, {
          _tag: 'grown',
          stage: stageOf(context.place),
          ...kept,
          gain,
        }),
      ),
      TE.map(() => next),
    )
  }

/** Trains a net that has grown, and judges it. */
export const trainGrown =
  (growing: GrowContext) =>
  ({ state: grown, cursor }: GrowState): TE.TaskEither<RunError, GrowState> => {
    const { context, step, steps } = growing
    return pipe(
      runSteps({ ...context, newRate: step.newRate, newUnits: cursor.newUnits ?? {} }, steps, cursor)(grown),
      TE.bindTo('state'),
      TE.bindW('score', ({ state }) => scoreValidation(context)(state.learner.model)),
      TE.flatMap(({ state, score }) => judge(growing, { state, cursor })(score)),
    )
  }
