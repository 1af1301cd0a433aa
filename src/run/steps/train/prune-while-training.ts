/** A cut inside a training: masks until the surviving channels are stable, the cut, and the rest of the same schedule. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type * as t from 'io-ts'
import { closed, positiveWhole, share } from '../../../io/codec.js'
import { calibrationBatches } from '../../../learn/criteria/calibration.js'
import { evidenceOf, measureCriterion, nameOf } from '../../../learn/criteria/criteria.js'
import type { LearnError } from '../../../learn/error.js'
import { clearFadeMasks, fadedChannels } from '../../../learn/fade/fade.js'
import { pruneOptions } from '../../../learn/options.js'
import type { Learner } from '../../../learn/training/learner.js'
import { checkMasking, maskedProgram } from '../../../learn/training/masking/calls.js'
import { type Mask, reviewMask } from '../../../learn/training/masking/masking.js'
import { epochStart } from '../../../learn/training/phase.js'
import { trainProgram } from '../../../learn/training/transforms.js'
import { evidenceMacs } from '../../../learn/training-macs.js'
import { countMacs } from '../../../net/counts.js'
import type { Model } from '../../../net/weights.js'
import { type Widths, widthsOf } from '../../../surgery/analysis/trunk.js'
import { costFor } from '../../../surgery/prune/cost.js'
import { prune as cut, type Pruned } from '../../../surgery/prune/prune.js'
import { countedTargetCodec } from '../../../surgery/target-codec.js'
import type { RunError } from '../../error.js'
import type { RunEvent } from '../../events.js'
import { countsOf, isWithin, toAtMost } from '../../schedule/counts.js'
import type { PruneWhileTraining, Train } from '../../schedule/steps.js'
import { type CutLearner, certifyCut, constraintsFor, pruneRanked, uncut } from '../cut-to-target.js'
import type { CheckState } from '../kind.js'
import { runLearning, runTraining, teacherFor } from '../learn.js'
import { pruneFields } from '../prune-fields.js'
import { rankedEvent } from '../ranked.js'
import { repairCut, requireRepair } from '../repair.js'
import {
  type Requirement,
  requireCriterion,
  requirePaths,
  requireReachable,
  satisfied,
} from '../requirements.js'
import {
  calibrationFor,
  loggedPlace,
  type StepContext,
  type StepStart,
  type StepState,
  stageOf,
  stepSeed,
} from '../step-context.js'

export const pruneWhileTrainingCodec: t.Type<PruneWhileTraining, unknown> = closed({
  target: countedTargetCodec,
  ...pruneFields,
  from: positiveWhole,
  until: positiveWhole,
  stable: share,
  decay: share,
})

/** Layers that do not learn cannot shrink, and keep their channels. */
const sparingFrozen = ({ freeze }: Train, plan: PruneWhileTraining): PruneWhileTraining => ({
  ...plan,
  ignore: [...plan.ignore, ...freeze],
})

/** Whether a training can cut on its way, as far as the net alone tells. The utilities it tracks are there by then. */
export const requirePruning =
  (train: Train, plan: PruneWhileTraining) =>
  (state: CheckState): Requirement =>
    pipe(
      checkMasking(train, plan),
      E.flatMap((): Requirement => requirePaths(plan, state.net)),
      E.flatMap(() => requireRepair(plan, state.net)),
      E.flatMap(() => requireCriterion(plan.by, { ...state, evidence: true })),
      E.flatMap(() => (state.cut ? satisfied : requireReachable(sparingFrozen(train, plan), state.net))),
    )

/** A training that cuts, where it stands, and the widths of the net before the first cut. */
interface Pruning {
  readonly context: StepContext
  readonly train: Train
  readonly plan: PruneWhileTraining
  readonly widths: Widths
}

/** What the cut would leave of a learner by now. */
const foresee =
  ({ context, plan, widths }: Pruning) =>
  (learner: Learner): TE.TaskEither<LearnError, Pruned> => {
    const { model } = learner
    const calibration = calibrationFor(context, plan.images)
    const images = calibration.batch * calibrationBatches(calibration)
    const constraints = constraintsFor({ step: plan, widths }, model.net)
    return pipe(
      measureCriterion(plan.by, { cost: costFor(plan.target), power: plan.cost })(
        learner,
        calibration,
        stepSeed(context),
      ),
      TE.tapIO(() => () => context.addMacs(evidenceMacs(evidenceOf(plan.by), images, countMacs(model)))),
      TE.flatMapEither(by => cut(pruneOptions({ ...constraints, ...plan.target }, by))(model)),
    )
  }

/** What is told of a mask; of the last one, what it decided about every channel. */
const maskEvents = ({ context, plan }: Pruning, mask: Mask): readonly RunEvent[] => {
  const { epochs, masked, of, changed, last, ranking } = mask
  const event: RunEvent = {
    _tag: 'masked',
    stage: stageOf(context.place),
    epoch: epochs - 1,
    masked,
    of,
    changed,
    last,
  }
  return [event, ...(last ? [rankedEvent(loggedPlace(context), nameOf(plan.by), true, ranking)] : [])]
}

/** Trains until the cut is due; gives the epochs done by then too. */
const trainMasked =
  (pruning: Pruning) =>
  (from: StepStart): TE.TaskEither<RunError, { readonly state: StepState; readonly epochs: number }> => {
    const { context, train, plan } = pruning
    const teacher = teacherFor(train.distill, from.models)
    const events: RunEvent[] = []
    let done = from.cursor?._tag === 'training' ? from.cursor.position.epoch : 0
    const mark = reviewMask(plan, foresee(pruning), mask => events.push(...maskEvents(pruning, mask)))
    const review: typeof mark = (learner, epochs) => {
      done = epochs
      return mark(learner, epochs)
    }
    const program = { ...maskedProgram(train, plan, teacher, from.learner.model), review }
    return pipe(
      runLearning(context, train, teacher, program, () => events.splice(0))(from),
      TE.map(state => ({ state, epochs: done })),
    )
  }

/** Cuts on where a mask could not name all that the target wants, as a body without a unit that can shrink. */
const cutOn =
  ({ context, plan, widths }: Pruning, whole: Model) =>
  (done: CutLearner): TE.TaskEither<RunError, CutLearner> => {
    const target = toAtMost(plan.target, countsOf(whole))
    return 'eta' in target || ('atMost' in target && isWithin(target.atMost, countsOf(done.learner.model)))
      ? TE.right(done)
      : pruneRanked({ context, step: { _tag: 'prune', ...plan }, widths }, target)(done)
  }

/** Removes the masked channels, and repairs what is left; momentum goes on where its weights do. */
const cutMasked =
  (pruning: Pruning) =>
  ({ learner, models, stopped }: StepState): TE.TaskEither<RunError, StepState> => {
    const { context, plan, widths } = pruning
    return pipe(
      cut(fadedChannels(learner.model, learner.slots))(learner.model),
      TE.fromEither,
      TE.flatMap(certifyCut(context, uncut(learner), true)),
      TE.map(done => ({ ...done, rankings: [] })), // the last mask has told them
      TE.flatMap(cutOn(pruning, learner.model)),
      TE.flatMap(repairCut(context, plan, widths)),
      TE.map(repaired => ({
        learner: repaired.learner,
        models: { ...models, original: models.original ?? learner.model },
        stopped,
      })),
    )
  }

/** Goes on with the training from so many epochs on, at which the net was cut. */
const trainOn =
  ({ context, train }: Pruning) =>
  (from: StepStart): TE.TaskEither<RunError, StepState> => {
    const teacher = teacherFor(train.distill, from.models)
    return runTraining(context, train, teacher, trainProgram(train, teacher, from.learner.model))(from)
  }

/** What a training begins with: no marks that an earlier push has left. */
const unmarked = ({ cursor, learner: { model, slots }, ...state }: StepStart): StepStart => ({
  ...state,
  cursor,
  learner: { model, slots: cursor === null ? clearFadeMasks(slots) : slots },
})

/**
 * Trains, cuts on the way and trains on, all in one schedule of rates.
 *
 * Errors  those of learning and of `prune`
 * Law     interrupted anywhere and resumed from there gives the same weights, bit for bit
 */
export const trainAndPrune =
  (context: StepContext, train: Train, plan: PruneWhileTraining) =>
  (from: StepStart): TE.TaskEither<RunError, StepState> => {
    const widths = widthsOf(from.models.original ?? from.learner.model)
    const pruning: Pruning = { context, train, plan: sparingFrozen(train, plan), widths }
    if (from.cursor?._tag === 'training' && from.cursor.cut !== undefined) return trainOn(pruning)(from)
    return pipe(
      trainMasked(pruning)(unmarked(from)),
      TE.bindTo('masked'),
      TE.bind('state', ({ masked }) => cutMasked(pruning)(masked.state)),
      TE.let('cursor', ({ masked: { epochs } }) => ({
        _tag: 'training' as const,
        position: epochStart(epochs),
        cut: epochs,
      })),
      TE.tap(({ state, cursor }) => context.pause(state, cursor, null)),
      TE.flatMap(({ state, cursor }) => trainOn(pruning)({ ...state, cursor })),
    )
  }
