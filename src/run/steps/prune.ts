/** Pruning as a kind of step: a cut and a repair. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { closed, finite, list, naturalNumber, nullable, positiveWhole, share } from '../../io/codec.js'
import { criterionCodec } from '../../learn/codec.js'
import { nameOf } from '../../learn/criteria/criteria.js'
import { recalibrate } from '../../learn/repair/recalibrate.js'
import { reconstruct } from '../../learn/repair/reconstruct.js'
import { refitHead } from '../../learn/repair/refit-head.js'
import type { Learner } from '../../learn/training/learner.js'
import { countMacs, countParams } from '../../net/counts.js'
import type { CheckedNet } from '../../net/infer.js'
import { checkPaths } from '../../surgery/analysis/analysis.js'
import { findThinLayers, type Widths, widthsOf } from '../../surgery/analysis/trunk.js'
import { normalizeCodec } from '../../surgery/codec.js'
import { checkReachable } from '../../surgery/prune/prune.js'
import { isLatencyTarget } from '../../surgery/prune/target.js'
import { targetCodec } from '../../surgery/target-codec.js'
import type { RunError } from '../error.js'
import type { RunEvent } from '../events.js'
import { defaultFloor } from '../schedule/schedule.js'
import type { Prune } from '../schedule/steps.js'
import { type CutLearner, cutToTarget } from './cut-to-target.js'
import type { CheckContext, StepKind } from './kind.js'
import { rankedEvent } from './ranked.js'
import {
  type Requirement,
  refuseIf,
  requireCriterion,
  requireDecision,
  requireSeveralValues,
  satisfied,
  scoredUnits,
} from './requirements.js'
import { calibrationFor, type RunStep, type StepContext, scoreValidation, toScored } from './step-context.js'
import { placeText, stageOf } from './step-place.js'

/** Whether the first cut can reach its own target: what later cuts find nobody knows. Errors  OutOfReach */
export const requireReachable = (
  { target, by, ...constraints }: Omit<Prune, '_tag'>,
  net: CheckedNet,
): Requirement => {
  const { freeze, ignore, minChannels, floor, roundTo } = constraints
  return target === null || isLatencyTarget(target) || 'eta' in target
    ? satisfied
    : checkReachable({ ...target, freeze, ignore, minChannels, floor, roundTo, units: scoredUnits(by, net) })(
        net,
      )
}

/** The target there is: its own, that of the rounds around it, or that of the push before it. */
const targetFor = ({ target, push }: CheckContext, prune: Prune): Prune['target'] =>
  prune.target ?? target ?? (prune.by === 'gradientUtility' ? (push?.target ?? null) : null)

/** Images a call when batch norm is measured again. */
const recalibrationBatch = 100

/** Whether the layers that a cut is to spare are there. Errors  UnknownPath */
export const requirePaths = (
  { freeze, ignore }: Pick<Prune, 'freeze' | 'ignore'>,
  { layers }: CheckedNet,
): Requirement =>
  pipe(
    checkPaths('freeze', layers)(freeze),
    E.flatMap(() => checkPaths('ignore', layers)(ignore)),
  )

const check: StepKind<Prune>['check'] = (context, prune) => state =>
  pipe(
    refuseIf(targetFor(context, prune) === null, { _tag: 'NoTarget', at: context.at }),
    E.flatMap(() => requirePaths(prune, state.net)),
    E.flatMap(() => requireRepair(prune, state.net)),
    E.flatMap(() => requireCriterion(prune.by, state)),
    E.flatMap(() => (state.cut ? satisfied : requireReachable(prune, state.net))),
    E.map(() => ({ ...state, teacher: true, cut: true })),
  )

/** What of a prune says how it repairs, and what it reports. */
type Repairs = Pick<Prune, 'repair' | 'images' | 'floor' | 'by'>

/** More images, and the fit is hardly better. */
const reconstructionImages = 300

/** What a push has faded does nothing, so that only a cut by rank leaves something to reconstruct. */
const repairModel = (context: StepContext, { repair: by, images }: Repairs, { learner, cut }: CutLearner) => {
  const calibration = calibrationFor(
    context,
    by === 'reconstruct' ? Math.min(images, reconstructionImages) : images,
  )
  if (by === 'batchNorm' || cut === null) return recalibrate(calibration)(learner.model)
  return (by === 'head' ? refitHead : reconstruct)(calibration)(cut.whole)(cut.pruned)
}

/** Whether the repair can do its work. Errors  NoDecision where there is no head to fit; OneValue */
export const requireRepair = ({ repair: by, images }: Repairs, net: CheckedNet): Requirement =>
  pipe(
    requireSeveralValues(Math.min(images, recalibrationBatch), net),
    E.flatMap(() => (by === 'head' ? requireDecision(net) : satisfied)),
  )

/** The cut learner, repaired. */
const repair = (context: StepContext, step: Repairs, widths: Widths, cut: CutLearner) =>
  pipe(
    TE.Do,
    TE.bind('raw', () => scoreValidation(context)(cut.learner.model)),
    TE.bindW('model', () => repairModel(context, step, cut)),
    TE.bindW('repaired', ({ model }) => scoreValidation(context)(model)),
    TE.map(({ raw, model, repaired }) => {
      const thin = findThinLayers(Math.max(step.floor, defaultFloor), widths)(model)
      const event = {
        _tag: 'pruned',
        stage: stageOf(context.place),
        place: placeText(context.place),
        removed: cut.removed,
        params: countParams(model),
        macs: countMacs(model),
        raw: toScored(raw),
        repaired: toScored(repaired),
        recalibrated: model !== cut.learner.model,
        ...(thin.length > 0 && { thin }),
      } satisfies RunEvent
      return {
        learner: { ...cut.learner, model },
        ranked: cut.rankings.map(ranking => rankedEvent(context, nameOf(step.by), true, ranking)),
        event,
      }
    }),
  )

/** Repairs what a cut left, and tells of both. */
export const repairCut =
  (context: StepContext, step: Repairs, widths: Widths) =>
  (cut: CutLearner): TE.TaskEither<RunError, Learner> =>
    pipe(
      repair(context, step, widths, cut),
      TE.tapIO(
        ({ event: { params, raw, repaired } }) =>
          () =>
            context.addCut({ params, raw, repaired }),
      ),
      TE.tap(({ ranked }) => pipe(ranked, TE.traverseSeqArray(context.emit))),
      TE.tap(({ event }) => context.emit(event)),
      TE.map(repaired => repaired.learner),
    )

const run: RunStep<Prune> =
  (context, step) =>
  ({ learner, models, stopped }) => {
    const widths = widthsOf(models.original ?? learner.model)
    return pipe(
      cutToTarget({ context, step, widths })(learner),
      TE.flatMap(repairCut(context, step, widths)),
      TE.map(repaired => ({
        learner: repaired,
        models: {
          ...models,
          original: models.original ?? learner.model,
          teacher: models.teacher ?? learner.model,
        },
        stopped,
      })),
    )
  }

/** The fields of a prune beside its target. */
export const pruneFields = {
  by: criterionCodec,
  normalize: nullable(normalizeCodec),
  cost: finite,
  images: positiveWhole,
  repair: t.keyof({ batchNorm: null, head: null, reconstruct: null }),
  minChannels: naturalNumber,
  floor: share,
  roundTo: positiveWhole,
  freeze: list(t.string),
  ignore: list(t.string),
}

export const pruneKind: StepKind<Prune> = {
  codec: () => closed({ _tag: t.literal('prune'), target: nullable(targetCodec), ...pruneFields }),
  check,
  run,
  mapFunctions: map => step => (typeof step.by === 'string' ? step : { ...step, by: map(step.by) }),
}
