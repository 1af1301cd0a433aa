/** Growing as a kind of step: each net met is trained, kept beside the run, and held against the last that paid. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { layersOf } from '../../../net/layers.js'
import type { Model } from '../../../net/weights.js'
import type { Growth } from '../../../surgery/grow/options.js'
import { sitePath } from '../../../surgery/grow/site.js'
import type { RunError } from '../../error.js'
import type { Grow, Step, Warmup } from '../../schedule/steps.js'
import type { Stop } from '../../stop-reason.js'
import { dropAt } from '../../storage/kept-models.js'
import type { StepKind } from '../kind.js'
import { turnPlace } from '../sequence.js'
import {
  placeText,
  type RunStep,
  type StepContext,
  type StepState,
  scoreValidation,
  stageOf,
} from '../step-context.js'
import { checkGrow } from './check-grow.js'
import { chooseGrowth } from './choose-growth.js'
import { growCodec } from './grow-codec.js'
import { growOnce } from './grow-once.js'
import {
  firstCursor,
  type GrowContext,
  type GrowCursor,
  type GrowState,
  isTraining,
  restoreBest,
  withBest,
} from './grow-state.js'
import { isByGradient, isByRule, isListed, nthGrowth, timesOf } from './growths.js'
import { trainGrown } from './judge.js'
import { keepMet } from './meet-net.js'
import { netGrown } from './net-grown.js'

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

/** Whether a listed growth's site is no longer in the net. */
const isPlaceGone = ({ growths }: Grow, growth: Growth, { net }: Model): boolean =>
  isListed(growths) && !layersOf(net).has(sitePath(growth))

/** Grows once more, if anything does, and goes on from there. */
const growMore =
  (growing: GrowContext, from: GrowState) =>
  (growth: Growth | null): TE.TaskEither<RunError, StepState> => {
    const { context, step } = growing
    const { state, cursor } = from
    if (growth === null) return TE.right(cursor.stale === 0 ? state : restoreBest(context, state))
    return isPlaceGone(step, growth, state.learner.model)
      ? stop(growing, state, {
          why: 'site pruned away',
          fact: { _tag: 'SiteRemoved', at: sitePath(growth) },
        })
      : pipe(
          growOnce(context, step, growth)(from),
          TE.flatMap(trainGrown(growing)),
          TE.flatMap(growFrom(growing)),
        )
  }

/** What grows next; `null` where nothing more does. */
const nextGrowth = (
  context: StepContext,
  step: Grow,
  { state, cursor }: GrowState,
): TE.TaskEither<RunError, Growth | null> => {
  const { growths } = step
  const { grown, last } = cursor
  const { model } = state.learner
  if (!isByGradient(growths)) return TE.fromEither(nthGrowth(growths, grown, last)(model))
  return grown < growths.max
    ? chooseGrowth({ ...context, place: turnPlace(context.place, cursor) }, step, growths, model)
    : TE.right(null)
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
        : pipe(nextGrowth(growing.context, step, from), TE.flatMap(growMore(growing, from))),
      TE.orElse((error: RunError) =>
        error._tag === 'OverBudget' ? stop(growing, state, { why: 'budget', fact: error }) : TE.left(error),
      ),
    )
  }

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

/** What is run on each net met: a warm-up is one more step, before the others. */
const stepsOf = ({ warmup, steps }: Pick<Grow, 'warmup' | 'steps'>): readonly (Step | Warmup)[] =>
  warmup === null ? steps : [{ ...warmup, _tag: 'warmup' }, ...steps]

/**
 * Law  what comes out is the last net that paid, or the one that came in; every net met is kept beside the run
 */
const run: RunStep<Grow> = (context, step) => from =>
  pipe(
    from.cursor?._tag === 'growing'
      ? TE.right({ state: from, cursor: from.cursor })
      : beginGrowing(context, step, from),
    TE.flatMap(growFrom({ context, step, steps: stepsOf(step) })),
    TE.map(state => ({ ...state, models: dropAt('best', placeText(context.place))(state.models) })),
  )

export const growKind: StepKind<Grow> = {
  codec: growCodec,
  check: checkGrow,
  run,
  loop: step => ({ word: 'growth', times: timesOf(step.growths), steps: stepsOf(step) }),
  netAfter: (step, netAfterSteps) => net => netAfterSteps(step.steps, netGrown(net, step)),
  mapFunctions: map => step =>
    isByRule(step.growths) ? { ...step, growths: { ...step.growths, rule: map(step.growths.rule) } } : step,
}
