/** Pruning as a step of a schedule: worth, cut, proof, batch norm measured again. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { certify } from '../learn/certify.js'
import { utilitiesBy } from '../learn/criteria.js'
import { fadedIn, forget } from '../learn/losers.js'
import { rankingOf } from '../learn/options.js'
import type { Learner } from '../learn/phase.js'
import { recalibrate } from '../learn/recalibrate.js'
import { macsOf, paramsOf } from '../net/count.js'
import { infer } from '../net/infer.js'
import type { PruneError } from '../surgery/error.js'
import { prune as cut, type Pruned } from '../surgery/prune.js'
import { carry } from '../surgery/remap.js'
import type { RunError } from './error.js'
import type { Prune } from './schedule.js'
import { type From, type Held, type StepEnv, scoredAs, seedAt, sightOf, validated } from './stepenv.js'

/** What a push has faded to zero, cut; `null` where nothing was, or the step goes by something else. */
const faded = ({ by, protect }: Prune, { model, slots }: Learner): E.Either<PruneError, Pruned | null> =>
  pipe(
    infer(model.net),
    E.map(inferred => fadedIn(inferred, slots)),
    E.flatMap(
      (told): E.Either<PruneError, Pruned | null> =>
        by === 'losers' && Object.keys(told.channels).length + told.bodies.length > 0
          ? cut({ ...told, protect })(model)
          : E.right(null),
    ),
  )

const ranked = (env: StepEnv, step: Prune, learner: Learner): TE.TaskEither<RunError, Pruned> => {
  const aim = step.aim ?? env.aim ?? { eta: 0 }
  const counted = 'keep' in aim ? aim.keep : 'atMost' in aim ? aim.atMost : {}
  const guards = { minimum: step.minimum, protect: step.protect }
  return pipe(
    utilitiesBy(step.by, { cost: 'macs' in counted ? 'macs' : 'params', power: step.cost })(
      learner,
      sightOf(env, step.images),
      seedAt(env),
    ),
    TE.flatMapEither(by =>
      cut('eta' in aim ? { ...aim, ...guards, by } : { ...aim, ...guards, by, rank: rankingOf[step.by] })(
        learner.model,
      ),
    ),
  )
}

/** A cut of a learner: its slots cut to fit, what a push told of its channels forgotten. */
const after = ({ slots }: Learner, pruned: Pruned): Learner => ({
  model: pruned.model,
  slots: forget(carry(pruned)(slots)),
})

export const runPrune =
  (env: StepEnv, step: Prune) =>
  ({ learner, kept }: From): TE.TaskEither<RunError, Held> =>
    pipe(
      TE.fromEither(faded(step, learner)),
      TE.flatMap(direct => (direct === null ? ranked(env, step, learner) : TE.right(direct))),
      TE.bindTo('pruned'),
      TE.tap(({ pruned }) => certify(sightOf(env, 100))(learner.model, pruned)),
      TE.let('narrow', ({ pruned }) => after(learner, pruned)),
      TE.bindW('raw', ({ narrow }) => validated(env)(narrow.model)),
      TE.bindW('model', ({ narrow }) => recalibrate(sightOf(env, step.images))(narrow.model)),
      TE.bindW('repaired', ({ model }) => validated(env)(model)),
      TE.bindW('inferred', ({ model }) => TE.fromEither(infer(model.net))),
      TE.tap(({ pruned, raw, repaired, inferred }) =>
        env.emit({
          _tag: 'pruned',
          stage: env.stage,
          place: env.place,
          removed: pruned.removed.length,
          params: paramsOf(inferred),
          macs: macsOf(inferred),
          raw: scoredAs(raw),
          repaired: scoredAs(repaired),
        }),
      ),
      TE.map(({ narrow, model }) => ({ learner: { ...narrow, model }, kept })),
    )
