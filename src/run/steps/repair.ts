/** The repair of what a cut left, and what is told of both. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Calibration, calibrationBatches } from '../../learn/criteria/calibration.js'
import { nameOf } from '../../learn/criteria/criteria.js'
import type { LearnError } from '../../learn/error.js'
import { recalibrate } from '../../learn/repair/recalibrate.js'
import { reconstruct } from '../../learn/repair/reconstruct.js'
import { refitHead } from '../../learn/repair/refit-head.js'
import { type ScarceFit, scarceHead, scarceReconstructions } from '../../learn/repair/scarce-fits.js'
import type { Learner } from '../../learn/training/learner.js'
import { countMacs, countParams } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Model } from '../../net/weights.js'
import { decisionOf } from '../../surgery/analysis/decision.js'
import { findThinLayers, type Widths } from '../../surgery/analysis/trunk.js'
import { carrySlots } from '../../surgery/remap.js'
import type { RunError } from '../error.js'
import type { RunEvent } from '../events.js'
import type { Prune } from '../schedule/steps.js'
import { defaultFloor } from '../schedule/words/prune-defaults.js'
import type { CutLearner, RankedCut } from './cut-to-target.js'
import { rankedEvent } from './ranked.js'
import { type Requirement, requireDecision, requireSeveralValues, satisfied } from './requirements.js'
import { calibrationFor, loggedPlace, type StepContext, scoreValidation, toScored } from './step-context.js'

/** What of a prune says how it repairs, and what it reports. */
type Repairs = Pick<Prune, 'repair' | 'images' | 'floor' | 'by'>

/** Images a call when batch norm is measured again. */
const recalibrationBatch = 100

/** Whether the repair can do its work. Errors  NoDecision where there is no head to fit; OneValue */
export const requireRepair = ({ repair: by, images }: Repairs, net: CheckedNet): Requirement =>
  pipe(
    requireSeveralValues(Math.min(images, recalibrationBatch), net),
    E.flatMap(() => (by === 'head' ? requireDecision(net) : satisfied)),
  )

/** More images, and the fit is hardly better. */
const reconstructionImages = 300

/** Images as training sees them: its augmentations shift what batch norm has to normalise. */
const repairCalibration = (context: StepContext, images: number): Calibration =>
  calibrationFor(context, images, { augment: true })

const fitCalibration = (context: StepContext, { repair: by, images }: Repairs): Calibration =>
  repairCalibration(context, by === 'reconstruct' ? Math.min(images, reconstructionImages) : images)

/** A cut of the same net with the running statistics of its images: those of a net that has just shrunk lag behind. */
const remeasured = (
  context: StepContext,
  { images }: Repairs,
  { whole, pruned }: RankedCut,
): TE.TaskEither<LearnError, RankedCut> =>
  pipe(
    recalibrate(repairCalibration(context, images))(whole),
    TE.map(measured => ({
      whole: measured,
      pruned: { ...pruned, model: { ...pruned.model, weights: carrySlots(pruned)(measured.weights) } },
    })),
  )

/** What a push has faded does nothing, so that only a cut by rank leaves something to fit. */
const repairModel = (
  context: StepContext,
  step: Repairs,
  { learner, cut, shrunk }: CutLearner,
): TE.TaskEither<LearnError, Model> => {
  const calibration = fitCalibration(context, step)
  if (step.repair === 'batchNorm' || cut === null) return recalibrate(calibration)(learner.model)
  const fit = step.repair === 'head' ? refitHead : reconstruct
  return pipe(
    shrunk ? remeasured(context, step, cut) : TE.right(cut),
    TE.flatMap(({ whole, pruned }) => fit(calibration)(whole)(pruned)),
  )
}

/** The fits that had fewer positions than unknowns. */
const scarceIn = (context: StepContext, step: Repairs, { cut }: CutLearner): readonly ScarceFit[] => {
  if (step.repair === 'batchNorm' || cut === null) return []
  const calibration = fitCalibration(context, step)
  const images = calibration.batch * calibrationBatches(calibration)
  if (step.repair === 'reconstruct') return scarceReconstructions(images, cut.pruned)
  return pipe(
    decisionOf(cut.pruned.model),
    E.match(
      () => [],
      ({ head }) => scarceHead(images, cut.pruned.model, head),
    ),
  )
}

/** The cut learner, repaired. */
const repair = (context: StepContext, step: Repairs, widths: Widths, cut: CutLearner) =>
  pipe(
    TE.Do,
    TE.bind('raw', () => scoreValidation(context)(cut.learner.model)),
    TE.bindW('model', () => repairModel(context, step, cut)),
    TE.bindW('repaired', ({ model }) => scoreValidation(context)(model)),
    TE.map(({ raw, model, repaired }) => {
      const thin = findThinLayers(Math.max(step.floor, defaultFloor), widths)(model)
      const scarce = scarceIn(context, step, cut)
      const event = {
        _tag: 'pruned',
        ...loggedPlace(context),
        removed: cut.removed,
        params: countParams(model),
        macs: countMacs(model),
        raw: toScored(raw),
        repaired: toScored(repaired),
        recalibrated: model !== cut.learner.model,
        ...(thin.length > 0 && { thin }),
        ...(scarce.length > 0 && { scarce }),
      } satisfies RunEvent
      return {
        learner: { ...cut.learner, model },
        ranked: cut.rankings.map(ranking =>
          rankedEvent(loggedPlace(context), nameOf(step.by), true, ranking),
        ),
        event,
      }
    }),
  )

/** A learner whose cut is repaired, and what both did. */
export interface RepairedLearner {
  readonly learner: Learner
  readonly event: Extract<RunEvent, { readonly _tag: 'pruned' }>
}

/** Repairs what a cut left, and tells of both. */
export const repairCut =
  (context: StepContext, step: Repairs, widths: Widths) =>
  (cut: CutLearner): TE.TaskEither<RunError, RepairedLearner> =>
    pipe(
      repair(context, step, widths, cut),
      TE.tapIO(
        ({ event: { params, raw, repaired } }) =>
          () =>
            context.addCut({ params, raw, repaired }),
      ),
      TE.tap(({ ranked }) => pipe(ranked, TE.traverseSeqArray(context.emit))),
      TE.tap(({ event }) => context.emit(event)),
    )
