/** Growing as a step of a schedule: a module more, its training, and whether that paid. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { latencies } from '../learn/latency.js'
import type { Learner } from '../learn/phase.js'
import { accuracyOf, type Score } from '../learn/score.js'
import { statisticsAt } from '../learn/statistics.js'
import { macsOf, paramsOf } from '../net/count.js'
import { infer } from '../net/infer.js'
import { type Path, parentOf, under } from '../net/path.js'
import { type Grown, grow } from '../surgery/grow.js'
import { carry } from '../surgery/remap.js'
import type { Inside } from './checkpoint.js'
import type { RunError } from './error.js'
import type { RunEvent } from './event.js'
import type { Grow } from './schedule.js'
import { type RunStep, stepsFrom } from './sequence.js'
import { type From, type Held, type StepEnv, scoredAs, seedAt, sightOf, validated } from './stepenv.js'
import type { Limit, Why } from './stop.js'

type Place = Extract<Inside, { readonly _tag: 'growing' }>

/** Images whose statistics a new module passes on. */
const looked = 1000

/** The layer the next module goes behind. */
export const placeOf = ({ after, modules }: Grow, grown: number): Path => {
  const before = modules[grown - 1]
  return before === undefined ? after : under(parentOf(after), before.name)
}

const budgetOf = ({ budget: { params, macs } }: Grow) => ({
  ...(params !== null && { params }),
  ...(macs !== null && { macs }),
})

/** A net grown, unless an image now takes it too long. */
const inTime =
  ({ engine }: StepEnv, { budget: { latency: limit } }: Grow) =>
  (grown: Grown): TE.TaskEither<RunError, Grown> =>
    limit === null
      ? TE.right(grown)
      : pipe(
          latencies(engine, 1)([grown.model]),
          TE.map(([one]) => one?.median ?? 0),
          TE.flatMapEither(
            (got): E.Either<RunError, Grown> =>
              got <= limit ? E.right(grown) : E.left({ _tag: 'OverBudget', measure: 'latency', limit, got }),
          ),
        )

/** A learner with one module more; its slots padded with zeros for what is new. */
const sprout = (
  env: StepEnv,
  step: Grow,
  grown: number,
  learner: Learner,
): TE.TaskEither<RunError, Grown> => {
  const after = placeOf(step, grown)
  const module = step.modules[grown]
  if (module === undefined) return TE.left({ _tag: 'UnknownPath', at: after, where: 'grow' })
  return pipe(
    statisticsAt(sightOf(env, looked), { after })(learner.model),
    TE.flatMapEither(statistics =>
      grow({
        after,
        module,
        seed: seedAt(env),
        how: step.how,
        spark: step.spark,
        statistics,
        budget: budgetOf(step),
      })(learner.model),
    ),
    TE.flatMap(inTime(env, step)),
  )
}

const grownEvent = (env: StepEnv, name: string, held: Held, exact: boolean, score: Score, gain: number) =>
  pipe(
    TE.fromEither(infer(held.learner.model.net)),
    TE.map(
      (inferred): RunEvent => ({
        _tag: 'grown',
        stage: env.stage,
        name,
        params: paramsOf(inferred),
        macs: macsOf(inferred),
        exact,
        validation: scoredAs(score),
        gain,
      }),
    ),
  )

interface Met {
  readonly held: Held
  readonly place: Place
}

/** The last net that paid, its optimizer as new. */
const best = ({ learner, kept }: Held): Held => ({
  learner: kept.grown === undefined ? learner : { model: kept.grown, slots: {} },
  kept,
})

/** The net with its next module; as it is where that is in place, its training under way. */
const sprouted = (env: StepEnv, step: Grow, place: Place, held: Held): TE.TaskEither<RunError, Met> =>
  place.step === 0 && place.inside === null
    ? pipe(
        sprout(env, step, place.grown, held.learner),
        TE.map(grown => ({
          held: {
            learner: { model: grown.model, slots: carry(grown)(held.learner.slots) },
            kept: held.kept,
          },
          place: { ...place, exact: grown.inexact === null },
        })),
      )
    : TE.right({ held, place })

const growOnce =
  (around: StepEnv, step: Grow, place: Place, run: RunStep) =>
  (held: Held): TE.TaskEither<RunError, Met> => {
    const env = { ...around, place: `${around.place}/${place.grown}` }
    const name = step.modules[place.grown]?.name ?? ''
    return pipe(
      sprouted(env, step, place, held),
      TE.bindTo('begun'),
      TE.bind('after', ({ begun }) => stepsFrom(env, step.steps, begun.place, run)(begun.held)),
      TE.bindW('score', ({ after }) => validated(env)(after.learner.model)),
      TE.tap(({ after }) => env.keep(`${env.stage}-${place.grown + 1}-${name}`, after.learner.model)),
      TE.flatMap(({ begun, after, score }) => {
        const gain = accuracyOf(score) - place.best
        const paid = gain >= step.gainBelow
        const next: Met = {
          held: paid ? { ...after, kept: { ...after.kept, grown: after.learner.model } } : after,
          place: {
            ...place,
            grown: place.grown + 1,
            best: Math.max(place.best, accuracyOf(score)),
            stale: paid ? 0 : place.stale + 1,
            step: 0,
            inside: null,
          },
        }
        return pipe(
          grownEvent(env, name, after, begun.place.exact, score, gain),
          TE.flatMap(event => env.pause(next.held.learner, next.held.kept, next.place, event)),
          TE.map(() => next),
        )
      }),
    )
  }

const growFrom =
  (env: StepEnv, step: Grow, place: Place, run: RunStep) =>
  (held: Held): TE.TaskEither<RunError, Held> => {
    const stop = (why: Why, fact: Limit | null = null): TE.TaskEither<RunError, Held> =>
      pipe(
        env.emit({ _tag: 'roundsStopped', stage: env.stage, why, fact }),
        TE.map(() => best(held)),
      )
    if (place.stale >= step.patience) return stop('no gain')
    if (place.grown >= step.modules.length) return TE.right(place.stale === 0 ? held : best(held))
    return pipe(
      growOnce(env, step, place, run)(held),
      TE.flatMap(met => growFrom(env, step, met.place, run)(met.held)),
      TE.orElse((error: RunError) => (error._tag === 'OverBudget' ? stop('budget', error) : TE.left(error))),
    )
  }

/**
 * Law  what comes out is the last net that paid, or the one that came in; every net met is kept beside the run
 */
export const runGrow =
  (env: StepEnv, step: Grow, run: RunStep) =>
  (from: From): TE.TaskEither<RunError, Held> =>
    from.inside?._tag === 'growing'
      ? growFrom(env, step, from.inside, run)(from)
      : pipe(
          validated(env)(from.learner.model),
          TE.mapLeft((error): RunError => error),
          TE.flatMap(score => {
            const place: Place = {
              _tag: 'growing',
              grown: 0,
              best: accuracyOf(score),
              stale: 0,
              exact: true,
              step: 0,
              inside: null,
            }
            const held: Held = { learner: from.learner, kept: { ...from.kept, grown: from.learner.model } }
            return pipe(
              env.keep(`${env.stage}-0-base`, from.learner.model),
              TE.flatMap(() => growFrom(env, step, place, run)(held)),
            )
          }),
        )
