/** A schedule gone through on nets alone, before anything trains: what cannot be is refused at once. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { decode } from '../../io/codec.js'
import {
  checkLatencyTarget,
  isLatencyTarget,
  type LatencyTarget,
} from '../../learn/evaluation/latency-target.js'
import { type CriterionName, pruneOptions } from '../../learn/options.js'
import { severalValues } from '../../learn/training/batch-norm-values.js'
import { type Inferred, infer } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import type { Net } from '../../net/tree.js'
import { decisionOf } from '../../surgery/analysis/decision.js'
import { freeUnits, scaledUnits } from '../../surgery/analysis/norms.js'
import { growNet } from '../../surgery/grow/grow.js'
import { withFreshName } from '../../surgery/grow/insert-layer.js'
import type { Growth } from '../../surgery/grow/options.js'
import { advanceSite, firstSitePath } from '../../surgery/grow/site.js'
import { checkPruneOptions } from '../../surgery/prune/options.js'
import { reachable } from '../../surgery/prune/prune.js'
import type { RunError } from '../error.js'
import { rehearsedCodec } from './codec.js'
import type { Experiment } from './experiment.js'
import { type Neighbours, neighboursOfRound, neighboursOfStep, upcomingTarget } from './lookahead.js'
import type { Grow, Prune, Push, Rounds, Step, Target, Train } from './schedule.js'

/** What a step finds: the net with all that is grown by then and nothing cut, and what came before. */
interface Scene {
  readonly net: Net
  /** Whether the last training told losers. */
  readonly evidence: boolean
  /** Whether a net before a cut was kept, to teach. */
  readonly teacher: boolean
}

/** Where a step stands, as the run has it; `validation`: images. */
interface Standing extends Neighbours {
  readonly at: string
  readonly target: Target | null
  readonly validation: number
}

type Rehearsed = E.Either<RunError, Scene>

const decides = ({ net }: Scene): E.Either<RunError, unknown> => pipe(infer(net), E.flatMap(decisionOf))

const refusing = (condition: boolean, fact: RunError): E.Either<RunError, void> =>
  condition ? E.left(fact) : E.right(undefined)

/** The layers a criterion can tell anything of. */
const unitsFor = (criterion: CriterionName, inferred: Inferred): readonly Path[] =>
  criterion === 'bnScale'
    ? scaledUnits(inferred).flatMap(({ path, free }) => (free ? [path] : []))
    : freeUnits(inferred)

/** Whether a criterion finds what it goes by. */
const speaks = (criterion: CriterionName, scene: Scene): E.Either<RunError, unknown> => {
  const noEvidence: RunError = { _tag: 'NoEvidence', criterion }
  return pipe(
    refusing(criterion === 'gradientUtility' && !scene.evidence, noEvidence),
    E.flatMap(() => infer(scene.net)),
    E.flatMap(inferred => refusing(unitsFor(criterion, inferred).length === 0, noEvidence)),
    E.flatMap(() =>
      criterion === 'deconvTrace' || criterion === 'discriminantTrace' || criterion === 'gradientTrace'
        ? decides(scene)
        : E.right(undefined),
    ),
  )
}

const aims = (
  { net }: Scene,
  own: Target | LatencyTarget,
  guards: Partial<Prune> = {},
): E.Either<RunError, void> => {
  const { freeze = [], ignore = [], minChannels = 0, roundTo = 1, floor = 0 } = guards
  const target: Target = isLatencyTarget(own) ? { eta: 0 } : own
  return pipe(
    isLatencyTarget(own) ? checkLatencyTarget(own) : E.right(0),
    E.flatMap(() => infer(net)),
    E.flatMap(inferred =>
      checkPruneOptions(pruneOptions({ target, freeze, ignore, minChannels, roundTo, floor }, {}), inferred),
    ),
  )
}

const trained = ({ at }: Standing, { distill: teaching, batchSize: batch }: Train, scene: Scene): Rehearsed =>
  pipe(
    severalValues(batch)(scene.net),
    E.mapLeft((error): RunError => error),
    E.flatMap(() => refusing(teaching !== null && !scene.teacher, { _tag: 'NoTeacher', at })),
    E.map(() => ({ ...scene, evidence: false })),
  )

const pushed = ({ target, prune }: Standing, push: Push, scene: Scene): Rehearsed => {
  const after = { ...scene, evidence: push.fade !== null }
  const told = upcomingTarget(push, prune, target)
  return pipe(
    decides(scene),
    E.flatMap(() => severalValues(push.batchSize)(scene.net)),
    E.flatMap(() =>
      push.fade === null || told === null ? E.right(undefined) : speaks('gradientUtility', after),
    ),
    E.flatMap(() => (push.target === null ? E.right(undefined) : aims(scene, push.target))),
    E.map(() => after),
  )
}

/** Whether the first cut can come to its own target: what is left by later ones nobody knows. */
const reaches = ({ target, by, ...guards }: Prune, { net }: Scene): E.Either<RunError, void> =>
  target === null || isLatencyTarget(target) || 'eta' in target
    ? E.right(undefined)
    : pipe(
        infer(net),
        E.flatMap(inferred => {
          const { freeze, ignore, minChannels, floor, roundTo } = guards
          const units = unitsFor(by, inferred)
          return reachable({
            ...target,
            freeze,
            ignore,
            minChannels,
            floor,
            roundTo,
            units,
          })(net)
        }),
      )

/** Images a call when batch norm is measured again. */
const lookedAt = 100

const pruned = ({ at, target, push }: Standing, prune: Prune, scene: Scene): Rehearsed => {
  const told = prune.by === 'gradientUtility' ? (push?.target ?? null) : null
  const own = prune.target ?? target ?? told
  return pipe(
    own === null ? E.left<RunError>({ _tag: 'NoAim', at }) : aims(scene, own, prune),
    E.flatMap(() => severalValues(Math.min(prune.images, lookedAt))(scene.net)),
    E.flatMap(() => speaks(prune.by, scene)),
    E.flatMap(() => (scene.teacher ? E.right(undefined) : reaches(prune, scene))),
    E.map(() => ({ ...scene, teacher: true })),
  )
}

const rounded = (
  standing: Standing,
  { rounds, target: until, within, steps }: Rounds,
  scene: Scene,
): Rehearsed => {
  const round = inside({ ...standing, ...neighboursOfRound(steps, standing), target: until }, steps)
  return pipe(
    refusing(within !== null && standing.validation === 0, { _tag: 'NoValidation', at: standing.at }),
    E.flatMap(() => aims(scene, until)),
    E.flatMap(() => round({ ...scene, teacher: true })),
    E.flatMap(second => (rounds > 1 ? round(second) : E.right(second))),
  )
}

/** The scene with one thing more grown, and where. */
interface Sprouting {
  readonly scene: Scene
  readonly last: Path
}

const sprout =
  (standing: Standing, { init: how, steps, warmup }: Grow, growth: Growth) =>
  ({ scene, last }: Sprouting): E.Either<RunError, Sprouting> =>
    pipe(
      growNet(pipe(growth, advanceSite(last), withFreshName(scene.net)), how)(scene.net),
      E.mapLeft((error): RunError => error),
      E.flatMap(({ net, grown: [at = last] }) =>
        pipe(
          warmup === null ? E.right(undefined) : severalValues(warmup.batchSize)(net),
          E.flatMap(() => inside(standing, steps)({ ...scene, net })),
          E.map(after => ({ scene: after, last: at })),
        ),
      ),
    )

const grown = (standing: Standing, step: Grow, scene: Scene): Rehearsed =>
  pipe(
    step.growths.reduce<E.Either<RunError, Sprouting>>(
      (before, growth) => pipe(before, E.flatMap(sprout(standing, step, growth))),
      pipe(
        refusing(standing.validation === 0, { _tag: 'NoValidation', at: standing.at }),
        E.map(() => ({ scene, last: firstSitePath(step.growths) })),
      ),
    ),
    E.map(({ scene: after }) => after),
  )

const gone = (standing: Standing, step: Step, scene: Scene): Rehearsed => {
  switch (step._tag) {
    case 'train':
      return trained(standing, step, scene)
    case 'push':
      return pushed(standing, step, scene)
    case 'prune':
      return pruned(standing, step, scene)
    case 'rounds':
      return rounded(standing, step, scene)
    case 'grow':
      return grown(standing, step, scene)
  }
}

const inside =
  (around: Standing, steps: readonly Step[]) =>
  (scene: Scene): Rehearsed =>
    steps.reduce<Rehearsed>((before, step, nth) => {
      const standing: Standing = {
        ...around,
        ...neighboursOfStep(steps, nth, around),
        at: around.at === '' ? `${nth}` : `${around.at}/${nth}`,
      }
      return pipe(
        before,
        E.flatMap(from => gone(standing, step, from)),
      )
    }, E.right(scene))

/**
 * Goes through a schedule; `validation` says how many images there are to judge by.
 *
 * Errors  Misread; those a run would come to, as far as the nets alone tell: UnknownPath, WrongOption, NoDecision,
 *         NoEvidence, NoTeacher, NoAim, NoValidation, OneValue; OutOfReach of a first cut; of growing, what does not fit
 */
export const checkSchedule =
  (validation: number) =>
  ({ net, schedule }: Pick<Experiment, 'net' | 'schedule'>): E.Either<RunError, void> =>
    pipe(
      decode(rehearsedCodec)({ net, schedule }),
      E.flatMap(() =>
        inside(
          { at: '', target: null, push: null, prune: null, validation },
          schedule,
        )({
          net,
          evidence: false,
          teacher: false,
        }),
      ),
      E.asUnit,
    )
