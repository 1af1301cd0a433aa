/** The cut of a prune step: what a push has faded first, then what ranks lowest until the target is met. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { calibrationBatches } from '../../learn/criteria/calibration.js'
import { evidenceOf, measureCriterion, normalizeOf } from '../../learn/criteria/criteria.js'
import { checkPruned } from '../../learn/evaluation/check-pruned.js'
import { pruneToLatency } from '../../learn/evaluation/latency-target.js'
import { clearFadeMasks, fadedChannels } from '../../learn/fade/fade.js'
import { pruneOptions } from '../../learn/options.js'
import type { Learner } from '../../learn/training/learner.js'
import { evidenceMacs } from '../../learn/training-macs.js'
import { countMacs } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Net } from '../../net/tree.js'
import type { Model } from '../../net/weights.js'
import type { Widths } from '../../surgery/analysis/trunk.js'
import type { PruneError } from '../../surgery/error.js'
import { costFor } from '../../surgery/prune/cost.js'
import { type Pruned, prune } from '../../surgery/prune/prune.js'
import type { RankedChannel } from '../../surgery/prune/ranking.js'
import { type CountedTarget, isLatencyTarget, type Target } from '../../surgery/prune/target.js'
import { carrySlots } from '../../surgery/remap.js'
import type { RunError } from '../error.js'
import { countsOf, isWithin, toAtMost } from '../schedule/counts.js'
import { existingPaths, upcomingTarget } from '../schedule/neighbours.js'
import type { Prune } from '../schedule/steps.js'
import { calibrationFor, type StepContext, stepSeed } from './step-context.js'

/** A step that cuts, where it stands, and the widths of the net before the first cut, whose shares floors are. */
export interface CutContext {
  readonly context: StepContext
  readonly step: Prune
  readonly widths: Widths
}

/**
 * A learner, how many channels were cut from it, the last cut of channels that still did something, and every decision,
 * pruning by pruning.
 */
export interface CutLearner {
  readonly learner: Learner
  readonly removed: number
  readonly cut: RankedCut | null
  readonly rankings: readonly (readonly RankedChannel[])[]
  /** Whether a push or a mask had shrunk channels, so that batch norm's running statistics lag behind. */
  readonly shrunk: boolean
}

/** A cut by rank: the model before it, and what it left. */
export interface RankedCut {
  readonly whole: Model
  readonly pruned: Pruned
}

/** A learner before its cut. */
export const uncut = (learner: Learner): CutLearner => {
  const { channels, bodies } = fadedChannels(learner.model, learner.slots)
  const shrunk = Object.keys(channels).length + bodies.length > 0
  return { learner, removed: 0, cut: null, rankings: [], shrunk }
}

/** What a push has faded to zero, cut; `null` where nothing was, or the step goes by another criterion. */
const pruneFaded = (
  { by, freeze }: Prune,
  { learner: { model, slots }, shrunk }: CutLearner,
): E.Either<PruneError, Pruned | null> => {
  return by === 'gradientUtility' && shrunk
    ? prune({ ...fadedChannels(model, slots), freeze: existingPaths(model.net)(freeze) })(model)
    : E.right(null)
}

/** Images that a cut is certified on: a few show a channel that is read wrongly, since both nets must give the same. */
const certifiedImages = 4

/** A cut certified, its slots cut to fit, and the fade masks of the push before it cleared. */
export const certifyCut =
  (
    context: StepContext,
    { learner: { model, slots }, removed, rankings, shrunk }: CutLearner,
    isRanked: boolean,
  ) =>
  (pruned: Pruned): TE.TaskEither<RunError, CutLearner> =>
    pipe(
      checkPruned(calibrationFor(context, certifiedImages))(model, pruned),
      TE.map(() => ({
        learner: { model: pruned.model, slots: clearFadeMasks(carrySlots(pruned)(slots)) },
        removed: removed + pruned.removed.length,
        rankings: [...rankings, pruned.ranking],
        cut: isRanked ? { whole: model, pruned } : null,
        shrunk,
      })),
    )

export const constraintsFor = (
  { step, widths }: { readonly step: Omit<Prune, '_tag' | 'target'>; readonly widths: Widths },
  net: Net,
) => {
  const { minChannels, floor, roundTo, normalize, by } = step
  const existing = existingPaths(net)
  return {
    freeze: existing(step.freeze),
    ignore: existing(step.ignore),
    minChannels,
    floor,
    widths,
    roundTo,
    normalize: normalize ?? normalizeOf(by),
  }
}

/** Cuts what ranks lowest by the step's criterion. */
export const pruneRanked =
  (cutting: CutContext, target: Target) =>
  (from: CutLearner): TE.TaskEither<RunError, CutLearner> => {
    const { context, step } = cutting
    const { model } = from.learner
    const constraints = constraintsFor(cutting, model.net)
    const calibration = calibrationFor(context, step.images)
    const images = calibration.batch * calibrationBatches(calibration)
    return pipe(
      measureCriterion(step.by, { cost: costFor(target), power: step.cost })(
        from.learner,
        calibration,
        stepSeed(context),
      ),
      TE.tapIO(() => () => context.addMacs(evidenceMacs(evidenceOf(step.by), images, countMacs(model)))),
      TE.flatMap(by => {
        const pruneTo = (goal: CountedTarget) => prune(pruneOptions({ ...constraints, ...goal }, by))(model)
        return isLatencyTarget(target)
          ? pruneToLatency(context.latencyTable ?? context.engine, target, share =>
              pruneTo({ keep: { macs: share } }),
            )(model)
          : TE.fromEither(pruneTo(target))
      }),
      TE.flatMap(certifyCut(context, from, true)),
    )
  }

/** Whether what was faded is all a threshold asks for: it is where the push faded to that very one. */
const isFadedTo = ({ context, step }: CutContext, eta: number): boolean => {
  const { push, target: around } = context
  const target = push === null ? null : upcomingTarget(push, step, around)
  return target !== null && 'eta' in target && target.eta === eta
}

/** Cuts on where the faded channels were fewer than the target wants; `whole`: what it is a share of. */
const pruneToTarget =
  (cutting: CutContext, whole: CheckedNet) =>
  (from: CutLearner): TE.TaskEither<RunError, CutLearner> => {
    const own = cutting.step.target ?? cutting.context.target
    if (own === null) return TE.right(from)
    if (isLatencyTarget(own)) return pruneRanked(cutting, own)(from)
    const target = toAtMost(own, countsOf(whole))
    return ('eta' in target && isFadedTo(cutting, target.eta)) ||
      ('atMost' in target && isWithin(target.atMost, countsOf(from.learner.model)))
      ? TE.right(from)
      : pruneRanked(cutting, target)(from)
  }

/** Errors  EmptyNet, OutOfReach, NotProven, and what measuring comes to */
export const cutToTarget =
  (cutting: CutContext) =>
  (learner: Learner): TE.TaskEither<RunError, CutLearner> => {
    const { context, step } = cutting
    const whole = uncut(learner)
    return pipe(
      TE.fromEither(pruneFaded(step, whole)),
      TE.flatMap(faded =>
        faded === null
          ? pruneRanked(cutting, step.target ?? context.target ?? { eta: 0 })(whole)
          : pipe(faded, certifyCut(context, whole, false), TE.flatMap(pruneToTarget(cutting, learner.model))),
      ),
    )
  }
