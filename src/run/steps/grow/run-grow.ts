/** Growing step by step: each net met is trained, kept beside the run, and held against the last that paid. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { accuracyOf, type Score } from '../../../learn/evaluation/score.js'
import type { Learner } from '../../../learn/training/learner.js'
import { lastName, layersOf, type Path } from '../../../net/path.js'
import type { Model } from '../../../net/weights.js'
import type { Grown } from '../../../surgery/grow/grow.js'
import { newUnitsIn } from '../../../surgery/grow/new-units.js'
import type { Growth } from '../../../surgery/grow/options.js'
import { sitePath } from '../../../surgery/grow/site.js'
import { carrySlots, newMasks } from '../../../surgery/remap.js'
import type { Cursor } from '../../cursor.js'
import type { RunError } from '../../error.js'
import type { GrownNet } from '../../events.js'
import { countsOf } from '../../schedule/counts.js'
import type { Grow, Step, Warmup } from '../../schedule/steps.js'
import type { Stop } from '../../stop-reason.js'
import { dropAt, keepAt } from '../../storage/kept-models.js'
import { runSteps, turnPlace } from '../sequence.js'
import {
  type StepContext,
  type StepStart,
  type StepState,
  scoreValidation,
  toScored,
} from '../step-context.js'
import { placeText, stageOf } from '../step-place.js'
import { growModel } from './grow-model.js'
import { firstPlace, isByRule, nthGrowth } from './growths.js'

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
interface GrowthCandidate {
  readonly nth: number
  readonly name: string
  readonly exact: boolean
  readonly score: Score
}

/** Keeps a net met beside the run. */
const keepMet = (
  context: StepContext,
  { nth, name, exact, score }: GrowthCandidate,
  model: Model,
): TE.TaskEither<RunError, GrownNet> => {
  const met: GrownNet = {
    name: `${context.place.join('.')}-${nth}-${name}`,
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
  models: keepAt('best', placeText(place))(state.learner.model)(state.models),
})

/** The last net that paid, its optimizer as new. */
const restoreBest = ({ place }: StepContext, state: StepState): StepState => {
  const model = state.models.best[placeText(place)]
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
      growModel({ ...context, place: turnPlace(context.place, cursor) }, step, growth, state.learner.model),
      TE.map(grown => ({
        state: { ...state, learner: grownLearner(step, state.learner, grown) },
        cursor: {
          ...cursor,
          last: grownPath(growth, grown),
          exact: grown.inexact === null,
          newUnits: newUnitsIn(grown.remap),
        },
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
const trainGrown =
  (growing: GrowContext) =>
  ({ state: grown, cursor }: GrowState): TE.TaskEither<RunError, GrowState> => {
    const { context, steps } = growing
    return pipe(
      runSteps({ ...context, newUnits: cursor.newUnits ?? {} }, steps, cursor)(grown),
      TE.bindTo('state'),
      TE.bindW('score', ({ state }) => scoreValidation(context)(state.learner.model)),
      TE.flatMap(({ state, score }) => judge(growing, { state, cursor })(score)),
    )
  }

/** Ends growing with the last net that paid. */
const stop = (
  { context }: GrowContext,
  state: StepState,
  stopped: Stop,
): TE.TaskEither<RunError, StepState> =>
  pipe(
    context.emit({ _tag: 'roundsStopped', stage: stageOf(context.place), ...stopped }),
    TE.map(() => ({ ...restoreBest(context, state), stopped })),
  )

/** Whether a listed growth's place is no longer in the net. */
const isPlaceGone = ({ growths }: Grow, growth: Growth, { net }: Model): boolean =>
  !isByRule(growths) && !layersOf(net).has(sitePath(growth))

/** Grows once more, if anything does, and goes on from there. */
const growMore =
  (growing: GrowContext, from: GrowState) =>
  (growth: Growth | null): TE.TaskEither<RunError, StepState> => {
    const { context, step } = growing
    const { state, cursor } = from
    if (growth === null) return TE.right(cursor.stale === 0 ? state : restoreBest(context, state))
    return isPlaceGone(step, growth, state.learner.model)
      ? stop(growing, state, {
          why: 'place pruned away',
          fact: { _tag: 'PlaceRemoved', at: sitePath(growth) },
        })
      : pipe(
          growNext(context, step, growth)(from),
          TE.flatMap(trainGrown(growing)),
          TE.flatMap(growFrom(growing)),
        )
  }

const noGain = ({ minDelta }: Grow, { stale }: GrowCursor): Stop => ({
  why: 'no gain',
  fact: { _tag: 'NoGain', growths: stale, minDelta },
})

const growFrom =
  (growing: GrowContext) =>
  (from: GrowState): TE.TaskEither<RunError, StepState> => {
    const { step } = growing
    const { state, cursor } = from
    if (cursor.stale >= step.patience) return stop(growing, state, noGain(step, cursor))
    return pipe(
      isTraining(cursor)
        ? pipe(from, trainGrown(growing), TE.flatMap(growFrom(growing)))
        : pipe(
            TE.fromEither(nthGrowth(step.growths, cursor.grown, cursor.last)(state.learner.model)),
            TE.flatMap(growMore(growing, from)),
          ),
      TE.orElse((error: RunError) =>
        error._tag === 'OverBudget' ? stop(growing, state, { why: 'budget', fact: error }) : TE.left(error),
      ),
    )
  }

const firstCursor = ({ growths }: Grow, score: Score): GrowCursor => ({
  _tag: 'growing',
  grown: 0,
  last: firstPlace(growths),
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
    TE.tap(({ met }) => context.emit({ _tag: 'grown', stage: stageOf(context.place), ...met, gain: null })),
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
      TE.map(state => ({ ...state, models: dropAt('best', placeText(context.place))(state.models) })),
    )
