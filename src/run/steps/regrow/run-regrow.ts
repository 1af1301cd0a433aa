/** Rounds of pruning and growing: each net is kept beside the run, and one that gains too little is taken back. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf, type Score } from '../../../learn/evaluation/score.js'
import { countMacs, countParams } from '../../../net/counts.js'
import type { CheckedNet } from '../../../net/infer.js'
import type { Cursor } from '../../cursor.js'
import type { RunError } from '../../error.js'
import type { RunEvent } from '../../events.js'
import { countsOf, isWithin } from '../../schedule/counts.js'
import { neighboursOfRound } from '../../schedule/neighbours.js'
import type { Regrow } from '../../schedule/steps.js'
import type { Limit, Stop } from '../../stop-reason.js'
import { dropAt } from '../../storage/kept-models.js'
import { restoreBest, withBest } from '../grow/grow-state.js'
import { keepMet } from '../grow/meet-net.js'
import { runSteps } from '../sequence.js'
import {
  placeText,
  type RunStep,
  type StepContext,
  type StepStart,
  type StepState,
  scoreValidation,
  stageOf,
  toScored,
} from '../step-context.js'

type RegrowCursor = Extract<Cursor, { readonly _tag: 'regrowing' }>

/** Where regrowing is: what the step has changed, and its cursor. */
interface RegrowState {
  readonly state: StepState
  readonly cursor: RegrowCursor
}

/** The state and the cursor after a round. Until a net is within the budget, each goes on from the one before. */
const nextState = (
  context: StepContext,
  { atMost, minDelta }: Regrow,
  { state, cursor }: RegrowState,
  accuracy: number,
): RegrowState & { readonly kept: boolean } => {
  const { best, stale, round } = cursor
  const paid =
    isWithin(atMost, countsOf(state.learner.model)) && (best === null || accuracy - best >= minDelta)
  const next = { ...cursor, round: round + 1, step: 0, inner: null }
  if (paid)
    return { state: withBest(context, state), cursor: { ...next, best: accuracy, stale: 0 }, kept: true }
  const after = { ...next, stale: stale + 1 }
  return { state: restoreBest(context, state), cursor: after, kept: best === null }
}

const roundEnded = (
  context: StepContext,
  { state, cursor }: RegrowState,
  score: Score,
  kept: boolean,
): RunEvent => ({
  _tag: 'roundEnded',
  stage: stageOf(context.place),
  round: cursor.round,
  params: countParams(state.learner.model),
  macs: countMacs(state.learner.model),
  validation: toScored(score),
  kept,
})

/** Keeps the net of a round beside the run, and holds it against the best. */
const judge =
  (context: StepContext, step: Regrow, from: RegrowState) =>
  (score: Score): TE.TaskEither<RunError, RegrowState> => {
    const { kept, ...next } = nextState(context, step, from, accuracyOf(score))
    const met = { nth: from.cursor.round + 1, name: 'regrown', exact: false, score }
    return pipe(
      keepMet(context, met, from.state.learner.model),
      TE.flatMap(() => context.pause(next.state, next.cursor, roundEnded(context, from, score, kept))),
      TE.map(() => next),
    )
  }

const runRound =
  (context: StepContext, step: Regrow) =>
  ({ state, cursor }: RegrowState): TE.TaskEither<RunError, RegrowState> =>
    pipe(
      runSteps(
        { ...context, ...neighboursOfRound(step.steps, context), budget: step.atMost },
        step.steps,
        cursor,
      )(state),
      TE.bindTo('state'),
      TE.bindW('score', ({ state }) => scoreValidation(context)(state.learner.model)),
      TE.flatMap(({ state, score }) => judge(context, step, { state, cursor })(score)),
    )

const stop = (context: StepContext, state: StepState, stopped: Stop): TE.TaskEither<RunError, StepState> =>
  pipe(
    context.emit({ _tag: 'roundsStopped', stage: stageOf(context.place), ...stopped }),
    TE.map(() => ({ ...restoreBest(context, state), stopped })),
  )

/** What the net has too much of. */
const overBudget = (limit: Regrow['atMost'], net: CheckedNet): Limit =>
  'params' in limit
    ? { _tag: 'OverBudget', measure: 'params', limit: limit.params, got: countParams(net) }
    : { _tag: 'OverBudget', measure: 'macs', limit: limit.macs, got: countMacs(net) }

/** Why no round comes any more; `null` where one does, or the last is done. */
const stopOf = (
  { minDelta, patience, atMost, rounds }: Regrow,
  { state, cursor }: RegrowState,
): Stop | null => {
  const { best, stale, round } = cursor
  if (best !== null && stale >= patience)
    return { why: 'no gain', fact: { _tag: 'NoGain', growths: stale, minDelta } }
  return best === null && round >= rounds
    ? { why: 'budget', fact: overBudget(atMost, state.learner.model) }
    : null
}

/** A later round that finds nothing left to cut is the end. */
const stopAtLimit =
  (context: StepContext, { state, cursor }: RegrowState) =>
  (error: RunError): TE.TaskEither<RunError, StepState> =>
    cursor.round > 0 && (error._tag === 'EmptyNet' || error._tag === 'OutOfReach')
      ? stop(context, state, { why: 'nothing left to cut', fact: error })
      : TE.left(error)

const regrowFrom =
  (context: StepContext, step: Regrow) =>
  (from: RegrowState): TE.TaskEither<RunError, StepState> => {
    const stopped = stopOf(step, from)
    if (stopped !== null) return stop(context, from.state, stopped)
    if (from.cursor.round >= step.rounds) return TE.right(from.state)
    return pipe(
      runRound(context, step)(from),
      TE.matchE(stopAtLimit(context, from), regrowFrom(context, step)),
    )
  }

/** Before the first round: the net that came in is kept, to gain on where it is within the budget. */
const beginRegrowing = (
  context: StepContext,
  { atMost }: Regrow,
  { learner, models, stopped }: StepStart,
): TE.TaskEither<RunError, RegrowState> => {
  const state = { learner, models, stopped }
  const within = isWithin(atMost, countsOf(learner.model))
  return pipe(
    scoreValidation(context)(learner.model),
    TE.tap(score => keepMet(context, { nth: 0, name: 'base', exact: true, score }, learner.model)),
    TE.map(score => ({
      state: within ? withBest(context, state) : state,
      cursor: {
        _tag: 'regrowing',
        round: 0,
        best: within ? accuracyOf(score) : null,
        stale: 0,
        step: 0,
        inner: null,
      },
    })),
  )
}

/**
 * Law  what comes out is the best net within the budget; every round's net is kept beside the run
 */
export const runRegrow: RunStep<Regrow> = (context, step) => from =>
  pipe(
    from.cursor?._tag === 'regrowing'
      ? TE.right({ state: from, cursor: from.cursor })
      : beginRegrowing(context, step, from),
    TE.flatMap(regrowFrom(context, step)),
    TE.map(state => ({ ...state, models: dropAt('best', placeText(context.place))(state.models) })),
  )
