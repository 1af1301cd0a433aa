/** Rounds: steps repeated with an aim that tightens, each round kept or taken back. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf, type Score } from '../learn/score.js'
import { macsOf, paramsOf } from '../net/count.js'
import { type Inferred, infer } from '../net/infer.js'
import { countsOf, rescaled } from './aim.js'
import type { RunError } from './error.js'
import type { RunEvent } from './event.js'
import type { Base, Inside } from './inside.js'
import type { Aim, Rounds } from './schedule.js'
import { type RunStep, stepsFrom } from './sequence.js'
import { type From, type Held, type StepEnv, scoredAs, validated } from './stepenv.js'
import type { Loss, Stop } from './stop.js'
import { besideRound } from './told.js'

type Place = Extract<Inside, { readonly _tag: 'rounds' }>

const baseOf =
  (env: StepEnv) =>
  ({ learner: { model } }: From): TE.TaskEither<RunError, Base> =>
    pipe(
      TE.Do,
      TE.bind('inferred', () => TE.fromEither(infer(model.net))),
      TE.bindW('score', () => validated(env)(model)),
      TE.map(({ inferred, score }) => ({ ...countsOf(inferred), accuracy: accuracyOf(score) })),
    )

/** The aim of one round, counted from 1: equal ratios down to the last, or η in equal steps. */
export const aimOf = ({ until, rounds }: Rounds, base: Base, round: number): Aim => {
  const part = round / rounds
  if ('eta' in until) return { eta: until.eta * part }
  return 'keep' in until
    ? { atMost: rescaled(until.keep, (count, share) => base[count] * share ** part) }
    : { atMost: rescaled(until.atMost, (count, figure) => base[count] * (figure / base[count]) ** part) }
}

/** The last net within the bound, its optimizer as new. */
const takenBack = ({ kept }: Held): Held => ({
  learner: { model: kept.accepted ?? kept.teacher ?? never(), slots: {} },
  kept,
})

const never = (): never => {
  throw new Error('rounds keep the model they began with')
}

/** What a round leaves, and the place after it: past the last round where it was the last. */
interface Ended {
  readonly held: Held
  readonly place: Place
}

const atRound = (place: Place, round: number): Place => ({ ...place, round, step: 0, inside: null })

const stopped = ({ stage }: StepEnv, stop: Stop): RunEvent => ({ _tag: 'roundsStopped', stage, ...stop })

/** What breaks the bound on accuracy; `null` where nothing does. */
const lossOver = ({ within }: Rounds, { round, base }: Place, score: Score): Loss | null =>
  within === null || accuracyOf(score) >= base.accuracy - within
    ? null
    : { _tag: 'LostTooMuch', round, within }

/** Tells how a round came out and saves what stays: one that lost too much is taken back and is the last. */
const judge =
  (env: StepEnv, rounds: Rounds, place: Place) =>
  (held: Held, score: Score, inferred: Inferred): TE.TaskEither<RunError, Ended> => {
    const loss = lossOver(rounds, place, score)
    const kept = loss === null
    const event: RunEvent = {
      _tag: 'roundEnded',
      stage: env.stage,
      round: place.round,
      params: paramsOf(inferred),
      macs: macsOf(inferred),
      validation: scoredAs(score),
      kept,
    }
    const [next, after, last]: readonly [Held, Place, RunEvent] = kept
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
  (env: StepEnv, rounds: Rounds, place: Place, run: RunStep) =>
  (from: Held): TE.TaskEither<RunError, Ended> =>
    pipe(
      stepsFrom(
        {
          ...env,
          ...besideRound(rounds.steps, env),
          place: `${env.place}/${place.round}`,
          aim: aimOf(rounds, place.base, place.round + 1),
        },
        rounds.steps,
        place,
        run,
      )(from),
      TE.bindTo('held'),
      TE.bindW('score', ({ held }) => validated(env)(held.learner.model)),
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
  (env: StepEnv, rounds: Rounds, place: Place, run: RunStep) =>
  (held: Held): TE.TaskEither<RunError, Held> =>
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
  (env: StepEnv, rounds: Rounds, run: RunStep) =>
  (from: From): TE.TaskEither<RunError, Held> =>
    from.inside?._tag === 'rounds'
      ? fromRound(env, rounds, from.inside, run)(from)
      : pipe(
          baseOf(env)(from),
          TE.flatMap(base => {
            const { model } = from.learner
            const held: Held = {
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
