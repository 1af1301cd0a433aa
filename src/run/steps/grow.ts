/** Growing as a step of a schedule: a module, a branch or a width more, its training, and whether that paid. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf, type Score } from '../../learn/evaluation/score.js'
import { infer } from '../../net/infer.js'
import { lastName, layersOf, type Path } from '../../net/path.js'
import type { Model } from '../../net/weights.js'
import type { Grown } from '../../surgery/grow/grow.js'
import type { Growth } from '../../surgery/grow/options.js'
import { advanceSite, firstSitePath, sitePath } from '../../surgery/grow/site.js'
import { carrySlots, newMasks } from '../../surgery/remap.js'
import type { Cursor } from '../cursor.js'
import type { RunError } from '../error.js'
import type { GrownNet } from '../events.js'
import { countsOf } from '../schedule/counts.js'
import type { Grow, Step, Warmup } from '../schedule/schedule.js'
import {
  type StepContext,
  type StepStart,
  type StepState,
  scoreValidation,
  toScored,
} from '../step-context.js'
import type { Limit, StopReason } from '../stop-reason.js'
import { growModel } from './grow-once.js'
import { type RunStep, stepsFrom } from './sequence.js'
import { runWarmup } from './train.js'

type Place = Extract<Cursor, { readonly _tag: 'growing' }>

/** Keeps a net met as the `nth`, with what there is to tell of it. */
const keep = (
  env: StepContext,
  { nth, exact, score }: { readonly nth: number; readonly exact: boolean; readonly score: Score },
  name: string,
  model: Model,
): TE.TaskEither<RunError, GrownNet> =>
  pipe(
    TE.fromEither(infer(model.net)),
    TE.map(
      (inferred): GrownNet => ({
        name: `${env.place.replaceAll('/', '.')}-${nth}-${name}`,
        ...countsOf(inferred),
        validation: toScored(score),
        exact,
      }),
    ),
    TE.tap(met => env.keep(met, model)),
  )

interface Grew {
  readonly held: StepState
  readonly place: Place
}

/** Under what the last net that paid is kept, while a step grows: steps inside it may grow too. */
const keptBy = ({ place }: StepContext): string => `grown ${place}`

/** The last net that paid, its optimizer as new. */
const best = (env: StepContext, { learner, kept }: StepState): StepState => {
  const model = kept[keptBy(env)]
  return { learner: model === undefined ? learner : { model, slots: {} }, kept }
}

/** What a step that grew leaves behind. */
const done = (env: StepContext, { learner, kept }: StepState): StepState => {
  const { [keptBy(env)]: _, ...others } = kept
  return { learner, kept: others }
}

/** The new layer, or what is wider. */
const grownAt = (growth: Growth, { grown: [first] }: Grown): Path =>
  'widen' in growth ? growth.widen : (first ?? sitePath(growth))

/** What is to grow next, and where growing is. */
interface Next {
  readonly growth: Growth
  readonly place: Place
}

const isBegun = ({ step, inside }: Place): boolean => step > 0 || inside !== null

/** The net grown once more; as it is where that is done, its training under way. */
const sprouted = (
  env: StepContext,
  step: Grow,
  { growth, place }: Next,
  held: StepState,
): TE.TaskEither<RunError, Grew> =>
  isBegun(place)
    ? TE.right({ held, place })
    : pipe(
        growModel(env, step, growth, held.learner.model),
        TE.map(grown => ({
          held: {
            learner: {
              model: grown.model,
              slots:
                step.warmup === null
                  ? carrySlots(grown)(held.learner.slots)
                  : newMasks(grown.remap, held.learner.model.weights),
            },
            kept: held.kept,
          },
          place: { ...place, last: grownAt(growth, grown), exact: grown.inexact === null },
        })),
      )

/** A warm-up is one more step, before the others. */
export const stepsOf = ({ warmup, steps }: Grow): readonly (Step | Warmup)[] =>
  warmup === null ? steps : [{ ...warmup, _tag: 'warmup' }, ...steps]

const warming =
  (run: RunStep): RunStep<Step | Warmup> =>
  (env, step) =>
    step._tag === 'warmup' ? runWarmup(env, step) : run(env, step)

const growOnce =
  (around: StepContext, step: Grow, next: Next, run: RunStep) =>
  (held: StepState): TE.TaskEither<RunError, Grew> => {
    const env = { ...around, place: `${around.place}/${next.place.grown}` }
    return pipe(
      sprouted(env, step, next, held),
      TE.bindTo('begun'),
      TE.bind('after', ({ begun }) => stepsFrom(env, stepsOf(step), begun.place, warming(run))(begun.held)),
      TE.bindW('score', ({ after }) => scoreValidation(env)(after.learner.model)),
      TE.bind('met', ({ begun: { place: now }, after, score }) =>
        keep(
          around,
          { nth: now.grown + 1, exact: now.exact, score },
          lastName(now.last),
          after.learner.model,
        ),
      ),
      TE.flatMap(({ begun: { place: now }, after, score, met }) => {
        const gain = accuracyOf(score) - now.best
        const paid = gain >= step.minDelta
        const grew: Grew = {
          held: paid ? { ...after, kept: { ...after.kept, [keptBy(around)]: after.learner.model } } : after,
          place: {
            ...now,
            grown: now.grown + 1,
            best: paid ? accuracyOf(score) : now.best,
            stale: paid ? 0 : now.stale + 1,
            step: 0,
            inside: null,
          },
        }
        return pipe(
          env.pause(grew.held.learner, grew.held.kept, grew.place, {
            _tag: 'grown',
            stage: env.stage,
            ...met,
            gain,
          }),
          TE.map(() => grew),
        )
      }),
    )
  }

const growFrom =
  (env: StepContext, step: Grow, place: Place, run: RunStep) =>
  (held: StepState): TE.TaskEither<RunError, StepState> => {
    const stop = (why: StopReason, fact: Limit | null = null): TE.TaskEither<RunError, StepState> =>
      pipe(
        env.emit({ _tag: 'roundsStopped', stage: env.stage, why, fact }),
        TE.map(() => best(env, held)),
      )
    if (place.stale >= step.patience) return stop('no gain')
    const [planned] = step.growths.slice(place.grown)
    if (planned === undefined) return TE.right(place.stale === 0 ? held : best(env, held))
    const growth = advanceSite(place.last)(planned)
    if (!isBegun(place) && !layersOf(held.learner.model.net).has(sitePath(growth)))
      return stop('place pruned away')
    return pipe(
      growOnce(env, step, { growth, place }, run)(held),
      TE.flatMap(grew => growFrom(env, step, grew.place, run)(grew.held)),
      TE.orElse((error: RunError) => (error._tag === 'OverBudget' ? stop('budget', error) : TE.left(error))),
    )
  }

/** The place before the first growth, the net that came in kept as the one to gain on. */
const growBegun = (
  env: StepContext,
  step: Grow,
  { learner, kept }: StepStart,
): TE.TaskEither<RunError, Grew> =>
  pipe(
    scoreValidation(env)(learner.model),
    TE.bindTo('score'),
    TE.bindW('met', ({ score }) => keep(env, { nth: 0, exact: true, score }, 'base', learner.model)),
    TE.tap(({ met }) => env.emit({ _tag: 'grown', stage: env.stage, ...met, gain: null })),
    TE.map(({ score }) => ({
      held: { learner, kept: { ...kept, [keptBy(env)]: learner.model } },
      place: {
        _tag: 'growing',
        grown: 0,
        last: firstSitePath(step.growths),
        best: accuracyOf(score),
        stale: 0,
        exact: true,
        step: 0,
        inside: null,
      },
    })),
  )

/**
 * Law  what comes out is the last net that paid, or the one that came in; every net met is kept beside the run
 */
export const runGrow =
  (env: StepContext, step: Grow, run: RunStep) =>
  (from: StepStart): TE.TaskEither<RunError, StepState> =>
    pipe(
      from.inside?._tag === 'growing'
        ? TE.right({ held: from, place: from.inside })
        : growBegun(env, step, from),
      TE.flatMap(({ held, place }) => growFrom(env, step, place, run)(held)),
      TE.map(held => done(env, held)),
    )
