/** One cut of a model as it is given, and its repair: no training. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { normalizeOf } from '../../learn/criteria/criteria.js'
import { accuracyOf } from '../../learn/evaluation/score.js'
import type { ScarceFit } from '../../learn/repair/scarce-fits.js'
import { hasNorm } from '../../net/weight-specs.js'
import type { Model } from '../../net/weights.js'
import { widthsOf } from '../../surgery/analysis/trunk.js'
import type { PruneError } from '../../surgery/error.js'
import { costFor } from '../../surgery/prune/cost.js'
import { bnScale, l1, l2, perCost, random } from '../../surgery/prune/criteria.js'
import { prune as cut, type Pruned } from '../../surgery/prune/prune.js'
import type { CountedTarget } from '../../surgery/prune/target.js'
import type { Resources } from '../context.js'
import type { RunError } from '../error.js'
import type { Scored } from '../events.js'
import { type PruneStepOptions, prune } from '../schedule/schedule.js'
import type { Prune, Repair } from '../schedule/steps.js'
import { cutAndRepair } from '../steps/prune.js'
import { scoreValidation } from '../steps/step-context.js'
import { standaloneContext } from './standalone-step.js'

/** A pruned model, and its accuracy on the way. */
export interface PrunedOnce {
  readonly model: Model
  readonly before: Scored['accuracy']
  /** Right after the cut. */
  readonly cut: Scored['accuracy']
  readonly repaired: Scored['accuracy']
  /** Layers that were fitted with fewer positions than unknowns. */
  readonly scarce: readonly ScarceFit[]
}

/** Criteria that look at the weights alone. */
const byWeights = { l1, l2, bnScale, random: random(0) } as const

/** The name of a criterion that needs no images. */
export type WeightCriterion = keyof typeof byWeights

/** Reconstruction, where there is no batch norm to measure again. */
export const usualRepair = ({ layers }: Model): Repair =>
  [...layers.values()].some(({ layer }) => hasNorm(layer)) ? 'batchNorm' : 'reconstruct'

/**
 * Cuts a model as a prune step of a schedule does, and repairs it. Training images calibrate; validation images are
 * what the accuracies are of.
 *
 * Errors  those of a prune step
 */
export const pruneOnce =
  (options: PruneStepOptions, resources: Resources) =>
  (model: Model): TE.TaskEither<RunError, PrunedOnce> => {
    const context = standaloneContext(resources, () => TE.right(undefined))
    return pipe(
      scoreValidation(context)(model),
      TE.bindTo('score'),
      TE.bindW('pruned', () => cutAndRepair(context, prune(options), widthsOf(model))({ model, slots: {} })),
      TE.map(({ score, pruned: { learner, event } }) => ({
        model: learner.model,
        before: accuracyOf(score),
        cut: event.raw.accuracy,
        repaired: event.repaired.accuracy,
        scarce: event.scarce ?? [],
      })),
    )
  }

/**
 * Cuts a model by a criterion that looks at its weights alone, with the defaults of a prune step; no repair.
 *
 * Errors  those of `prune`
 */
export const cutByWeights =
  (target: CountedTarget, by: WeightCriterion) =>
  (model: Model): E.Either<PruneError, Pruned> => {
    const { cost, floor }: Prune = prune()
    const utilities = perCost(costFor(target), cost)(byWeights[by])
    const options =
      'eta' in target
        ? { ...target, floor, by: utilities }
        : { ...target, floor, by: utilities, normalize: normalizeOf(by) }
    return cut(options)(model)
  }

/** The model that `cutByWeights` leaves. Errors  those of `prune` */
export const pruneByWeights =
  (target: CountedTarget, by: WeightCriterion) =>
  (model: Model): E.Either<PruneError, Model> =>
    pipe(
      cutByWeights(target, by)(model),
      E.map(pruned => pruned.model),
    )
