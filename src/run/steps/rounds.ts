/** Rounds: steps repeated with an aim that tightens, each round kept or taken back. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf, type Score } from '../../learn/evaluation/score.js'
import { countMacs, countParams } from '../../net/counts.js'
import { type Inferred, infer } from '../../net/infer.js'
import type { Cursor, RoundsBaseline } from '../cursor.js'
import type { RunError } from '../error.js'
import type { RunEvent } from '../events.js'
import { countsOf, scaleAmount } from '../schedule/counts.js'
import { neighboursOfRound } from '../schedule/lookahead.js'
import type { Rounds, Target } from '../schedule/schedule.js'
import {
  type StepContext,
  type StepStart,
  type StepState,
  scoreValidation,
  toScored,
} from '../step-context.js'
import type { Loss, Stop } from '../stop-reason.js'
import { type RunStep, stepsFrom } from './sequence.js'

type Place = Extract<Cursor, { readonly _tag: 'rounds' }>

const baseOf =
  (env: StepContext) =>
  ({ learner: { model } }: StepStart): TE.TaskEither<RunError, RoundsBaseline> =>
    pipe(
      TE.Do,
      TE.bind('inferred', () => TE.fromEither(infer(model.net))),
      TE.bindW('score', () => scoreValidation(env)(model)),
      TE.map(({ inferred, score }) => ({ ...countsOf(inferred), accuracy: accuracyOf(score) })),
    )

/** The aim of one round, counted from 1: equal ratios down to the last, or η in equal steps. */
export const aimOf = ({ target: until, rounds }: Rounds, base: RoundsBaseline, round: number): Target => {
  const part = round / rounds
  if ('eta' in until) return { eta: until.eta * part }
  return 'keep' in until
    ? { atMost: scaleAmount(until.keep, (count, share) => base[count] * share ** part) }
    : { atMost: scaleAmount(until.atMost, (count, figure) => base[count] * (figure / base[count]) ** part) }
}

/** The last net within the bound, its optimizer as new. */
const takenBack = ({ kept }: StepState): StepState => ({
  learner: { model: kept.accepted ?? kept.teacher ?? never(), slots: {} },
  kept,
})

const never = (): never => {
  throw new Error('rounds keep the model they began with')
}

/** What a round leaves, and the place after it: past the last round where it was the last. */
interface Ended {
  readonly held: StepState
  readonly place: Place
}

const atRound = (place: Place, round: number): Place => ({ ...place, round, step: 0, inside: null })

const stopped = ({ stage }: StepContext, stop: Stop): RunEvent => ({ _tag: 'roundsStopped', stage, ...stop })

/** What breaks the bound on accuracy; `null` where nothing does. */
const lossOver = ({ within }: Rounds, { round, base }: Place, score: Score): Loss | null =>
  within === null || accuracyOf(score) >= base.accuracy - within
    ? null
    : { _tag: 'LostTooMuch', round, within }

/** Tells how a round came out and saves what stays: one that lost too much is taken back and is the last. */
const judge =
  (env: StepContext, rounds: Rounds, place: Place) =>
  (held: StepState, score: Score, inferred: Inferred): TE.TaskEither<RunError, Ended> => {
    const loss = lossOver(rounds, place, score)
    const kept = loss === null
    const event: RunEvent = {
      _tag: 'roundEnded',
      stage: env.stage,
      round: place.round,
      params: countParams(inferred),
      macs: countMacs(inferred),
      validation: toScored(score),
      kept,
    }
    const [next, after, last]: readonly [StepState, Place, RunEvent] = kept
      ? [
          { ...held, kept: { ...held.kept, accepted: held.learner.model } },
          atRound(place, place.round + 1),
          event,
        ]
      : [takenBack(held), atRound(place, rounds.rounds), stopped(env, { why: 'accuracy', fact: loss })]
    return pipe(
      kept ? TE.right(0) : env.emit(event),
      TE.flatMap(() => env.pause(next.learner, next.kept, after, last)),
      TE.map(() => ({ held: next, place: after })),
    )
  }

const runRound =
  (env: StepContext, rounds: Rounds, place: Place, run: RunStep) =>
  (from: StepState): TE.TaskEither<RunError, Ended> =>
    pipe(
      stepsFrom(
        {
          ...env,
          ...neighboursOfRound(rounds.steps, env),
          place: `${env.place}/${place.round}`,
          target: aimOf(rounds, place.base, place.round + 1),
        },
        rounds.steps,
        place,
        run,
      )(from),
      TE.bindTo('held'),
      TE.bindW('score', ({ held }) => scoreValidation(env)(held.learner.model)),
      TE.bindW('inferred', ({ held }) => TE.fromEither(infer(held.learner.model.net))),
      TE.flatMap(({ held, score, inferred }) => judge(env, rounds, place)(held, score, inferred)),
      TE.orElse(
        (error: RunError): TE.TaskEither<RunError, Ended> =>
          place.round > 0 && (error._tag === 'EmptyNet' || error._tag === 'OutOfReach')
            ? pipe(
                env.emit(stopped(env, { why: 'nothing left to cut', fact: error })),
                TE.map(() => ({ held: takenBack(from), place: atRound(place, rounds.rounds) })),
              )
            : TE.left(error),
      ),
    )

const fromRound =
  (env: StepContext, rounds: Rounds, place: Place, run: RunStep) =>
  (held: StepState): TE.TaskEither<RunError, StepState> =>
    place.round >= rounds.rounds
      ? TE.right(held)
      : pipe(
          runRound(env, rounds, place, run)(held),
          TE.flatMap(ended => fromRound(env, rounds, ended.place, run)(ended.held)),
        )

/**
 * Errors  EmptyNet and OutOfReach in the first round; in later ones they are the end of the rounds
 * Law     what comes out is the last net whose validation accuracy was within the bound, or the one that came in
 */
export const runRounds =
  (env: StepContext, rounds: Rounds, run: RunStep) =>
  (from: StepStart): TE.TaskEither<RunError, StepState> =>
    from.inside?._tag === 'rounds'
      ? fromRound(env, rounds, from.inside, run)(from)
      : pipe(
          baseOf(env)(from),
          TE.flatMap(base => {
            const { model } = from.learner
            const held: StepState = {
              learner: from.learner,
              kept: {
                ...from.kept,
                original: from.kept.original ?? model,
                teacher: model,
                accepted: model,
              },
            }
            return fromRound(
              env,
              rounds,
              { _tag: 'rounds', base, round: 0, step: 0, inside: null },
              run,
            )(held)
          }),
        )
