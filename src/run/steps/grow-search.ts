/** Growing step by step: each net met is trained, kept beside the run, and held against the last that paid. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf, type Score } from '../../learn/evaluation/score.js'
import type { Learner } from '../../learn/training/phase.js'
import { lastName, layersOf, type Path } from '../../net/path.js'
import type { Model } from '../../net/weights.js'
import type { Grown } from '../../surgery/grow/grow.js'
import type { Growth } from '../../surgery/grow/options.js'
import { advanceSite, firstSitePath, sitePath } from '../../surgery/grow/site.js'
import { carrySlots, newMasks } from '../../surgery/remap.js'
import type { Cursor } from '../cursor.js'
import type { RunError } from '../error.js'
import type { GrownNet } from '../events.js'
import { dropAt, keepAt } from '../models.js'
import { countsOf } from '../schedule/counts.js'
import type { Step, Warmup } from '../schedule/schedule.js'
import {
  type StepContext,
  type StepStart,
  type StepState,
  scoreValidation,
  toScored,
} from '../step-context.js'
import type { Stop } from '../stop-reason.js'
import type { Grow } from './grow.js'
import { growModel } from './grow-once.js'
import { runSteps } from './sequence.js'

type GrowCursor = Extract<Cursor, { readonly _tag: 'growing' }>

/** Where growing is: what the step has changed, and its cursor. */
interface GrowState {
  readonly state: StepState
  readonly cursor: GrowCursor
}

/** The step, what it runs on each net, and where it stands. */
interface GrowContext {
  readonly context: StepContext
  readonly step: Grow
  readonly steps: readonly (Step | Warmup)[]
}

/** A net as it was met: its number, its name, and how it answers. */
interface Met {
  readonly nth: number
  readonly name: string
  readonly exact: boolean
  readonly score: Score
}

/** Keeps a net met beside the run. */
const keepMet = (
  context: StepContext,
  { nth, name, exact, score }: Met,
  model: Model,
): TE.TaskEither<RunError, GrownNet> => {
  const met: GrownNet = {
    name: `${context.place.replaceAll('/', '.')}-${nth}-${name}`,
    ...countsOf(model),
    validation: toScored(score),
    exact,
  }
  return pipe(
    context.keep(met, model),
    TE.map(() => met),
  )
}

/** Keeps a net as the last that paid. */
const withBest = ({ place }: StepContext, state: StepState): StepState => ({
  ...state,
  models: keepAt('best', place)(state.learner.model)(state.models),
})

/** The last net that paid, its optimizer as new. */
const restoreBest = ({ place }: StepContext, state: StepState): StepState => {
  const model = state.models.best[place]
  return model === undefined ? state : { ...state, learner: { model, slots: {} } }
}

/** The new layer, or what is wider. */
const grownPath = (growth: Growth, { grown: [first] }: Grown): Path =>
  'widen' in growth ? growth.widen : (first ?? sitePath(growth))

/** Whether a growth is done, its training under way. */
const isTraining = ({ step, inside }: GrowCursor): boolean => step > 0 || inside !== null

/** A grown model with the optimizer's slots it begins with. */
const grownLearner = ({ warmup }: Grow, { model, slots }: Learner, grown: Grown): Learner => ({
  model: grown.model,
  slots: warmup === null ? carrySlots(grown)(slots) : newMasks(grown.remap, model.weights),
})

/** The net grown once more. */
const growNext =
  (context: StepContext, step: Grow, growth: Growth) =>
  ({ state, cursor }: GrowState): TE.TaskEither<RunError, GrowState> =>
    pipe(
      growModel(context, step, growth, state.learner.model),
      TE.map(grown => ({
        state: { ...state, learner: grownLearner(step, state.learner, grown) },
        cursor: { ...cursor, last: grownPath(growth, grown), exact: grown.inexact === null },
      })),
    )

/** The cursor after a net, which gained enough or not. */
const nextCursor = (cursor: GrowCursor, accuracy: number, paid: boolean): GrowCursor => ({
  ...cursor,
  grown: cursor.grown + 1,
  best: paid ? accuracy : cursor.best,
  stale: paid ? 0 : cursor.stale + 1,
  step: 0,
  inside: null,
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
    const met: Met = { nth: cursor.grown + 1, name: lastName(cursor.last), exact: cursor.exact, score }
    return pipe(
      keepMet(context, met, state.learner.model),
      TE.flatMap(kept =>
        context.pause(next.state, next.cursor, { _tag: 'grown', stage: context.stage, ...kept, gain }),
      ),
      TE.map(() => next),
    )
  }

const growOnce =
  (growing: GrowContext, growth: Growth) =>
  (from: GrowState): TE.TaskEither<RunError, GrowState> => {
    const { context, step, steps } = growing
    const inner = { ...context, place: `${context.place}/${from.cursor.grown}` }
    return pipe(
      isTraining(from.cursor) ? TE.right(from) : growNext(inner, step, growth)(from),
      TE.bind('trained', ({ state, cursor }) => runSteps(inner, steps, cursor)(state)),
      TE.bindW('score', ({ trained }) => scoreValidation(context)(trained.learner.model)),
      TE.flatMap(({ trained, cursor, score }) => judge(growing, { state: trained, cursor })(score)),
    )
  }

/** Ends growing with the last net that paid. */
const stop = (
  { context }: GrowContext,
  state: StepState,
  stopped: Stop,
): TE.TaskEither<RunError, StepState> =>
  pipe(
    context.emit({ _tag: 'roundsStopped', stage: context.stage, ...stopped }),
    TE.map(() => ({ ...restoreBest(context, state), stopped })),
  )

const growFrom =
  (growing: GrowContext) =>
  (from: GrowState): TE.TaskEither<RunError, StepState> => {
    const { context, step } = growing
    const { state, cursor } = from
    if (cursor.stale >= step.patience) return stop(growing, state, { why: 'no gain', fact: null })
    const [planned] = step.growths.slice(cursor.grown)
    if (planned === undefined) return TE.right(cursor.stale === 0 ? state : restoreBest(context, state))
    const growth = advanceSite(cursor.last)(planned)
    if (!isTraining(cursor) && !layersOf(state.learner.model.net).has(sitePath(growth)))
      return stop(growing, state, { why: 'place pruned away', fact: null })
    return pipe(
      growOnce(growing, growth)(from),
      TE.flatMap(growFrom(growing)),
      TE.orElse((error: RunError) =>
        error._tag === 'OverBudget' ? stop(growing, state, { why: 'budget', fact: error }) : TE.left(error),
      ),
    )
  }

const firstCursor = ({ growths }: Grow, score: Score): GrowCursor => ({
  _tag: 'growing',
  grown: 0,
  last: firstSitePath(growths),
  best: accuracyOf(score),
  stale: 0,
  exact: true,
  step: 0,
  inside: null,
})

/** Before the first growth: the net that came in is kept as the one to gain on. */
const beginGrowing = (
  context: StepContext,
  step: Grow,
  state: StepState,
): TE.TaskEither<RunError, GrowState> =>
  pipe(
    scoreValidation(context)(state.learner.model),
    TE.bindTo('score'),
    TE.bindW('met', ({ score }) =>
      keepMet(context, { nth: 0, name: 'base', exact: true, score }, state.learner.model),
    ),
    TE.tap(({ met }) => context.emit({ _tag: 'grown', stage: context.stage, ...met, gain: null })),
    TE.map(({ score }) => ({ state: withBest(context, state), cursor: firstCursor(step, score) })),
  )

/**
 * Law  what comes out is the last net that paid, or the one that came in; every net met is kept beside the run
 */
export const runGrow =
  (context: StepContext, step: Grow, steps: GrowContext['steps']) =>
  (from: StepStart): TE.TaskEither<RunError, StepState> =>
    pipe(
      from.inside?._tag === 'growing'
        ? TE.right({ state: from, cursor: from.inside })
        : beginGrowing(context, step, from),
      TE.flatMap(growFrom({ context, step, steps })),
      TE.map(state => ({ ...state, models: dropAt('best', context.place)(state.models) })),
    )
