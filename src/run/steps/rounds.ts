/** Rounds as a kind of step: steps repeated with a target that tightens, each round kept or taken back. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, nullable, positiveWhole } from '../../io/codec.js'
import { accuracyOf, type Score } from '../../learn/evaluation/score.js'
import { countMacs, countParams } from '../../net/counts.js'
import type { CountedTarget } from '../../surgery/prune/target.js'
import { countedTargetCodec } from '../../surgery/target-codec.js'
import type { Cursor, RoundsBaseline } from '../cursor.js'
import type { RunError } from '../error.js'
import type { RunEvent } from '../events.js'
import { countsOf, scaleAmount } from '../schedule/counts.js'
import { neighboursOfRound } from '../schedule/neighbours.js'
import type { Rounds } from '../schedule/steps.js'
import { leastWithin, withinCodec } from '../schedule/words/within.js'
import type { Loss, Stop } from '../stop-reason.js'
import { dropAt, keepAt } from '../storage/kept-models.js'
import type { StepKind } from './kind.js'
import { refuseIf } from './requirements.js'
import { runSteps } from './sequence.js'
import {
  placeText,
  type RunStep,
  type StepContext,
  type StepStart,
  type StepState,
  scoreValidation,
  stageOf,
  toScored,
} from './step-context.js'

const check: StepKind<Rounds>['check'] =
  (context, { rounds, target, within, steps }) =>
  state => {
    const inner = { ...context, ...neighboursOfRound(steps, context), target }
    const checkRound = context.checkSteps(inner, steps)
    return pipe(
      refuseIf(within !== null && context.validation === 0, { _tag: 'NoValidation', at: context.at }),
      E.flatMap(() => checkRound({ ...state, teacher: true, cut: true })),
      E.flatMap(second => (rounds > 1 ? checkRound(second) : E.right(second))),
    )
  }

type RoundsCursor = Extract<Cursor, { readonly _tag: 'rounds' }>

const measureBaseline =
  (context: StepContext) =>
  ({ learner: { model } }: StepStart): TE.TaskEither<RunError, RoundsBaseline> =>
    pipe(
      scoreValidation(context)(model),
      TE.map(score => ({ ...countsOf(model), accuracy: accuracyOf(score) })),
    )

/** The target of one round, counted from 1: equal ratios down to the last, or η in equal steps. */
export const targetOfRound = (
  { target, rounds }: Rounds,
  base: RoundsBaseline,
  round: number,
): CountedTarget => {
  const part = round / rounds
  if ('eta' in target) return { eta: target.eta * part }
  return 'keep' in target
    ? { atMost: scaleAmount(target.keep, (count, share) => base[count] * share ** part) }
    : { atMost: scaleAmount(target.atMost, (count, figure) => base[count] * (figure / base[count]) ** part) }
}

const withAccepted = ({ place }: StepContext, state: StepState): StepState => ({
  ...state,
  models: keepAt('accepted', placeText(place))(state.learner.model)(state.models),
})

/** The last net within the bound, its optimizer as new. */
const takeBack = ({ place }: StepContext, { models }: StepState, stopped: Stop): StepState => ({
  learner: { model: models.accepted[placeText(place)] ?? never(), slots: {} },
  models,
  stopped,
})

const never = (): never => {
  throw new Error('rounds keep the model they began with')
}

/** What a round leaves, and the cursor after it: past the last round where it was the last. */
interface RoundEnd {
  readonly state: StepState
  readonly cursor: RoundsCursor
}

const atRound = (cursor: RoundsCursor, round: number): RoundsCursor => ({
  ...cursor,
  round,
  step: 0,
  inner: null,
})

const stopEvent = ({ place }: StepContext, stop: Stop): RunEvent => ({
  _tag: 'roundsStopped',
  stage: stageOf(place),
  ...stop,
})

/** What breaks the bound on accuracy; `null` where nothing does. */
const lossOver = ({ within }: Rounds, { round, base }: RoundsCursor, score: Score): Loss | null =>
  within === null || accuracyOf(score) >= leastWithin(within, base.accuracy)
    ? null
    : { _tag: 'LostTooMuch', round, within, lost: base.accuracy - accuracyOf(score) }

/** Accepts a round, or takes it back as the last one. */
const endRound = (
  context: StepContext,
  { rounds }: Rounds,
  cursor: RoundsCursor,
  state: StepState,
  loss: Loss | null,
): RoundEnd =>
  loss === null
    ? { state: withAccepted(context, state), cursor: atRound(cursor, cursor.round + 1) }
    : { state: takeBack(context, state, { why: 'accuracy', fact: loss }), cursor: atRound(cursor, rounds) }

/** Emits how a round ended and saves what stays: one that lost too much is taken back and is the last. */
const judge =
  (context: StepContext, rounds: Rounds, cursor: RoundsCursor) =>
  (state: StepState, score: Score): TE.TaskEither<RunError, RoundEnd> => {
    const loss = lossOver(rounds, cursor, score)
    const ended: RunEvent = {
      _tag: 'roundEnded',
      stage: stageOf(context.place),
      round: cursor.round,
      params: countParams(state.learner.model),
      macs: countMacs(state.learner.model),
      validation: toScored(score),
      kept: loss === null,
    }
    const next = endRound(context, rounds, cursor, state, loss)
    return pipe(
      loss === null
        ? context.pause(next.state, next.cursor, ended)
        : pipe(
            context.emit(ended),
            TE.flatMap(() =>
              context.pause(next.state, next.cursor, stopEvent(context, { why: 'accuracy', fact: loss })),
            ),
          ),
      TE.map(() => next),
    )
  }

/** A later round that finds nothing left to cut is the end of the rounds. */
const stopAtLimit =
  (context: StepContext, rounds: Rounds, cursor: RoundsCursor, from: StepState) =>
  (error: RunError): TE.TaskEither<RunError, RoundEnd> => {
    if (cursor.round === 0 || (error._tag !== 'EmptyNet' && error._tag !== 'OutOfReach'))
      return TE.left(error)
    const stop: Stop = { why: 'nothing left to cut', fact: error }
    return pipe(
      context.emit(stopEvent(context, stop)),
      TE.map(() => ({ state: takeBack(context, from, stop), cursor: atRound(cursor, rounds.rounds) })),
    )
  }

const roundContext = (context: StepContext, rounds: Rounds, { round, base }: RoundsCursor): StepContext => ({
  ...context,
  ...neighboursOfRound(rounds.steps, context),
  target: targetOfRound(rounds, base, round + 1),
})

const runRound =
  (context: StepContext, rounds: Rounds, cursor: RoundsCursor) =>
  (from: StepState): TE.TaskEither<RunError, RoundEnd> =>
    pipe(
      runSteps(roundContext(context, rounds, cursor), rounds.steps, cursor)(from),
      TE.bindTo('state'),
      TE.bindW('score', ({ state }) => scoreValidation(context)(state.learner.model)),
      TE.flatMap(({ state, score }) => judge(context, rounds, cursor)(state, score)),
      TE.orElse(stopAtLimit(context, rounds, cursor, from)),
    )

const runRoundsFrom =
  (context: StepContext, rounds: Rounds, cursor: RoundsCursor) =>
  (state: StepState): TE.TaskEither<RunError, StepState> =>
    cursor.round >= rounds.rounds
      ? TE.right(state)
      : pipe(
          runRound(context, rounds, cursor)(state),
          TE.flatMap(end => runRoundsFrom(context, rounds, end.cursor)(end.state)),
        )

/** The state before the first round, with the model that came in kept to compare with and to teach. */
const beforeRounds = (context: StepContext, { learner, models, stopped }: StepState): StepState =>
  withAccepted(context, {
    learner,
    stopped,
    models: { ...models, original: models.original ?? learner.model, teacher: learner.model },
  })

/**
 * Errors  EmptyNet and OutOfReach in the first round; in later ones they are the end of the rounds
 * Law     what comes out is the last net whose validation accuracy was within the bound, or the one that came in
 */
const run: RunStep<Rounds> = (context, rounds) => from =>
  pipe(
    from.cursor?._tag === 'rounds'
      ? runRoundsFrom(context, rounds, from.cursor)(from)
      : pipe(
          measureBaseline(context)(from),
          TE.flatMap(base =>
            runRoundsFrom(context, rounds, { _tag: 'rounds', base, round: 0, step: 0, inner: null })(
              beforeRounds(context, from),
            ),
          ),
        ),
    TE.map(state => ({ ...state, models: dropAt('accepted', placeText(context.place))(state.models) })),
  )

export const roundsKind: StepKind<Rounds> = {
  codec: steps =>
    closed({
      _tag: t.literal('rounds'),
      rounds: positiveWhole,
      target: countedTargetCodec,
      within: nullable(withinCodec),
      steps,
    }),
  check,
  run,
  loop: ({ rounds, steps }) => ({ word: 'round', times: rounds, steps }),
  netAfter:
    ({ steps }, netAfterSteps) =>
    net =>
      netAfterSteps(steps, net),
}
