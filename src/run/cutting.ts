/** Pruning as a step of a schedule: worth, cut, proof, batch norm measured again. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { certify } from '../learn/certify.js'
import { utilitiesBy } from '../learn/criteria.js'
import { type Haste, hastened, isHaste } from '../learn/haste.js'
import { fadedIn, forget } from '../learn/losers.js'
import { cutBy, rankingOf } from '../learn/options.js'
import type { Learner } from '../learn/phase.js'
import { recalibrate } from '../learn/recalibrate.js'
import { macsOf, paramsOf } from '../net/count.js'
import { type Inferred, infer } from '../net/infer.js'
import type { PruneError } from '../surgery/error.js'
import { prune as cut, type Pruned } from '../surgery/prune.js'
import { carry } from '../surgery/remap.js'
import { thinIn, type Widths, widthsOf } from '../surgery/trunk.js'
import { countsOf, isWithin, limitOf } from './aim.js'
import type { RunError } from './error.js'
import { type Aim, defaultFloor, type Prune } from './schedule.js'
import { type From, type Held, type StepEnv, scoredAs, seedAt, sightOf, validated } from './stepenv.js'
import { aimToCome, standingIn } from './told.js'

/** What a push has faded to zero, cut; `null` where nothing was, or the step goes by something else. */
const faded = (
  { by, protect }: Prune,
  { model, slots }: Learner,
  inferred: Inferred,
): E.Either<PruneError, Pruned | null> => {
  const told = fadedIn(inferred, slots)
  return by === 'losers' && Object.keys(told.channels).length + told.bodies.length > 0
    ? cut({ ...told, protect: standingIn(model.net)(protect) })(model)
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
  (env: StepEnv, { learner: { model, slots }, removed }: Narrowed) =>
  (pruned: Pruned): TE.TaskEither<RunError, Narrowed> =>
    pipe(
      certify(sightOf(env, 100))(model, pruned),
      TE.map(() => ({
        learner: { model: pruned.model, slots: forget(carry(pruned)(slots)) },
        removed: removed + pruned.removed.length,
      })),
    )

const ranked =
  (env: StepEnv, { step, widths }: Cutting, aim: Aim | Haste) =>
  (from: Narrowed): TE.TaskEither<RunError, Narrowed> => {
    const counted = 'keep' in aim ? aim.keep : 'atMost' in aim ? aim.atMost : {}
    const { minimum, floor, multiple, rank } = step
    const standing = standingIn(from.learner.model.net)
    const guards = {
      protect: standing(step.protect),
      ignore: standing(step.ignore),
      minimum,
      floor,
      widths,
      multiple,
      rank: rank ?? rankingOf[step.by],
    }
    return pipe(
      utilitiesBy(step.by, {
        cost: 'macs' in counted || 'latency' in counted ? 'macs' : 'params',
        power: step.cost,
      })(from.learner, sightOf(env, step.images), seedAt(env)),
      TE.flatMap(by => {
        const { model } = from.learner
        const cutTo = (goal: Aim) => cut(cutBy({ ...guards, aim: goal }, by))(model)
        return isHaste(aim)
          ? hastened(env.engine, aim, share => cutTo({ keep: { macs: share } }))(model)
          : TE.fromEither(cutTo(aim))
      }),
      TE.flatMap(taken(env, from)),
    )
  }

/** Whether what was faded is all a threshold asks for: it is where the push was told that very one. */
const foretold = ({ push, aim: around }: StepEnv, step: Prune, eta: number): boolean => {
  const told = push === null ? null : aimToCome(push, step, around)
  return told !== null && 'eta' in told && told.eta === eta
}

/** Cuts on where the faded were fewer than the aim wants; `whole` is what it is a share of. */
const further =
  (env: StepEnv, cutting: Cutting, whole: Inferred) =>
  (from: Narrowed): TE.TaskEither<RunError, Narrowed> => {
    const { step } = cutting
    const own = step.aim ?? env.aim
    if (own === null) return TE.right(from)
    if (isHaste(own)) return ranked(env, cutting, own)(from)
    const aim = limitOf(own, countsOf(whole))
    return pipe(
      TE.fromEither(infer(from.learner.model.net)),
      TE.flatMap(inferred =>
        ('eta' in aim && foretold(env, step, aim.eta)) ||
        ('atMost' in aim && isWithin(aim.atMost, countsOf(inferred)))
          ? TE.right(from)
          : ranked(env, cutting, aim)(from),
      ),
    )
  }

const narrowed =
  (env: StepEnv, cutting: Cutting) =>
  (learner: Learner): TE.TaskEither<RunError, Narrowed> => {
    const { step } = cutting
    const whole: Narrowed = { learner, removed: 0 }
    return pipe(
      TE.Do,
      TE.bind('inferred', () => TE.fromEither(infer(learner.model.net))),
      TE.bindW('direct', ({ inferred }) => TE.fromEither(faded(step, learner, inferred))),
      TE.flatMap(({ inferred, direct }) =>
        direct === null
          ? ranked(env, cutting, step.aim ?? env.aim ?? { eta: 0 })(whole)
          : pipe(direct, taken(env, whole), TE.flatMap(further(env, cutting, inferred))),
      ),
    )
  }

export const runPrune =
  (env: StepEnv, step: Prune) =>
  ({ learner, kept }: From): TE.TaskEither<RunError, Held> =>
    pipe(
      TE.fromEither(widthsOf((kept.original ?? learner.model).net)),
      TE.bindTo('widths'),
      TE.bindW('narrow', ({ widths }) => narrowed(env, { step, widths })(learner)),
      TE.bindW('raw', ({ narrow }) => validated(env)(narrow.learner.model)),
      TE.bindW('model', ({ narrow }) => recalibrate(sightOf(env, step.images))(narrow.learner.model)),
      TE.bindW('repaired', ({ model }) => validated(env)(model)),
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
          params: paramsOf(inferred),
          macs: macsOf(inferred),
          raw: scoredAs(raw),
          repaired: scoredAs(repaired),
          recalibrated: model !== narrower.model,
          ...(thin.length > 0 && { thin }),
        }),
      ),
      TE.map(({ narrow, model }) => ({
        learner: { ...narrow.learner, model },
        kept: { ...kept, original: kept.original ?? learner.model, teacher: kept.teacher ?? learner.model },
      })),
    )
