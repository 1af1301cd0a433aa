/** Pruning as a step of a schedule: worth, cut, proof, batch norm measured again. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { measureCriterion } from '../../learn/criteria/criteria.js'
import { certify } from '../../learn/evaluation/certify.js'
import { isLatencyTarget, type LatencyTarget, pruneToLatency } from '../../learn/evaluation/latency-target.js'
import { recalibrate } from '../../learn/evaluation/recalibrate.js'
import { defaultNormalize, pruneOptions } from '../../learn/options.js'
import { clearFadeMasks, fadedChannels } from '../../learn/training/fade.js'
import type { Learner } from '../../learn/training/phase.js'
import { countMacs, countParams } from '../../net/counts.js'
import { type Inferred, infer } from '../../net/infer.js'
import { thinIn, type Widths, widthsOf } from '../../surgery/analysis/trunk.js'
import type { PruneError } from '../../surgery/error.js'
import { prune as cut, type Pruned } from '../../surgery/prune/prune.js'
import { carrySlots } from '../../surgery/remap.js'
import type { RunError } from '../error.js'
import { countsOf, isWithin, toAtMost } from '../schedule/counts.js'
import { existingPaths, upcomingTarget } from '../schedule/lookahead.js'
import { defaultFloor, type Prune, type Target } from '../schedule/schedule.js'
import {
  calibrationFor,
  type StepContext,
  type StepStart,
  type StepState,
  scoreValidation,
  stepSeed,
  toScored,
} from '../step-context.js'

/** What a push has faded to zero, cut; `null` where nothing was, or the step goes by something else. */
const faded = (
  { by, freeze }: Prune,
  { model, slots }: Learner,
  inferred: Inferred,
): E.Either<PruneError, Pruned | null> => {
  const told = fadedChannels(inferred, slots)
  return by === 'gradientUtility' && Object.keys(told.channels).length + told.bodies.length > 0
    ? cut({ ...told, freeze: existingPaths(model.net)(freeze) })(model)
    : E.right(null)
}

/** A learner, and how many channels have gone. */
interface Narrowed {
  readonly learner: Learner
  readonly removed: number
}

/** A step that cuts, and the widths its floor is a share of: those of the net before the first cut. */
interface Cutting {
  readonly step: Prune
  readonly widths: Widths
}

/** A cut proven, its slots cut to fit, what a push told of its channels forgotten. */
const taken =
  (env: StepContext, { learner: { model, slots }, removed }: Narrowed) =>
  (pruned: Pruned): TE.TaskEither<RunError, Narrowed> =>
    pipe(
      certify(calibrationFor(env, 100))(model, pruned),
      TE.map(() => ({
        learner: { model: pruned.model, slots: clearFadeMasks(carrySlots(pruned)(slots)) },
        removed: removed + pruned.removed.length,
      })),
    )

const ranked =
  (env: StepContext, { step, widths }: Cutting, target: Target | LatencyTarget) =>
  (from: Narrowed): TE.TaskEither<RunError, Narrowed> => {
    const counted = 'keep' in target ? target.keep : 'atMost' in target ? target.atMost : {}
    const { minChannels, floor, roundTo, normalize } = step
    const standing = existingPaths(from.learner.model.net)
    const guards = {
      freeze: standing(step.freeze),
      ignore: standing(step.ignore),
      minChannels,
      floor,
      widths,
      roundTo,
      normalize: normalize ?? defaultNormalize[step.by],
    }
    return pipe(
      measureCriterion(step.by, {
        cost: 'macs' in counted || 'latency' in counted ? 'macs' : 'params',
        power: step.cost,
      })(from.learner, calibrationFor(env, step.images), stepSeed(env)),
      TE.flatMap(by => {
        const { model } = from.learner
        const cutTo = (goal: Target) => cut(pruneOptions({ ...guards, target: goal }, by))(model)
        return isLatencyTarget(target)
          ? pruneToLatency(env.engine, target, share => cutTo({ keep: { macs: share } }))(model)
          : TE.fromEither(cutTo(target))
      }),
      TE.flatMap(taken(env, from)),
    )
  }

/** Whether what was faded is all a threshold asks for: it is where the push was told that very one. */
const foretold = ({ push, target: around }: StepContext, step: Prune, eta: number): boolean => {
  const told = push === null ? null : upcomingTarget(push, step, around)
  return told !== null && 'eta' in told && told.eta === eta
}

/** Cuts on where the faded were fewer than the target wants; `wholeNumber` is what it is a share of. */
const further =
  (env: StepContext, cutting: Cutting, whole: Inferred) =>
  (from: Narrowed): TE.TaskEither<RunError, Narrowed> => {
    const { step } = cutting
    const own = step.target ?? env.target
    if (own === null) return TE.right(from)
    if (isLatencyTarget(own)) return ranked(env, cutting, own)(from)
    const target = toAtMost(own, countsOf(whole))
    return pipe(
      TE.fromEither(infer(from.learner.model.net)),
      TE.flatMap(inferred =>
        ('eta' in target && foretold(env, step, target.eta)) ||
        ('atMost' in target && isWithin(target.atMost, countsOf(inferred)))
          ? TE.right(from)
          : ranked(env, cutting, target)(from),
      ),
    )
  }

const narrowed =
  (env: StepContext, cutting: Cutting) =>
  (learner: Learner): TE.TaskEither<RunError, Narrowed> => {
    const { step } = cutting
    const whole: Narrowed = { learner, removed: 0 }
    return pipe(
      TE.Do,
      TE.bind('inferred', () => TE.fromEither(infer(learner.model.net))),
      TE.bindW('direct', ({ inferred }) => TE.fromEither(faded(step, learner, inferred))),
      TE.flatMap(({ inferred, direct }) =>
        direct === null
          ? ranked(env, cutting, step.target ?? env.target ?? { eta: 0 })(whole)
          : pipe(direct, taken(env, whole), TE.flatMap(further(env, cutting, inferred))),
      ),
    )
  }

export const runPrune =
  (env: StepContext, step: Prune) =>
  ({ learner, kept }: StepStart): TE.TaskEither<RunError, StepState> =>
    pipe(
      TE.fromEither(widthsOf((kept.original ?? learner.model).net)),
      TE.bindTo('widths'),
      TE.bindW('narrow', ({ widths }) => narrowed(env, { step, widths })(learner)),
      TE.bindW('raw', ({ narrow }) => scoreValidation(env)(narrow.learner.model)),
      TE.bindW('model', ({ narrow }) => recalibrate(calibrationFor(env, step.images))(narrow.learner.model)),
      TE.bindW('repaired', ({ model }) => scoreValidation(env)(model)),
      TE.bindW('inferred', ({ model }) => TE.fromEither(infer(model.net))),
      TE.bindW('thin', ({ model, widths }) =>
        TE.fromEither(thinIn(Math.max(step.floor, defaultFloor), widths)(model.net)),
      ),
      TE.tap(({ narrow: { removed, learner: narrower }, raw, model, repaired, inferred, thin }) =>
        env.emit({
          _tag: 'pruned',
          stage: env.stage,
          place: env.place,
          removed,
          params: countParams(inferred),
          macs: countMacs(inferred),
          raw: toScored(raw),
          repaired: toScored(repaired),
          recalibrated: model !== narrower.model,
          ...(thin.length > 0 && { thin }),
        }),
      ),
      TE.map(({ narrow, model }) => ({
        learner: { ...narrow.learner, model },
        kept: { ...kept, original: kept.original ?? learner.model, teacher: kept.teacher ?? learner.model },
      })),
    )
