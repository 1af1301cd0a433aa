/** A schedule gone through on nets alone, before anything trains: what cannot be is refused at once. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Haste, isHaste, sensibleHaste } from '../learn/haste.js'
import { type CriterionName, cutBy } from '../learn/options.js'
import { severalValues } from '../learn/values.js'
import { decode } from '../net/closed.js'
import { type Inferred, infer } from '../net/infer.js'
import type { Net } from '../net/layer.js'
import type { Path } from '../net/path.js'
import { decisionOf } from '../surgery/decision.js'
import { sprouted } from '../surgery/grow.js'
import type { Growth } from '../surgery/growth.js'
import { freeUnits, scaledUnits } from '../surgery/norms.js'
import { sensible } from '../surgery/options.js'
import { unlike } from '../surgery/place.js'
import { reachable } from '../surgery/prune.js'
import { beginningOf, following } from '../surgery/where.js'
import { rehearsedCodec } from './codec.js'
import type { RunError } from './error.js'
import type { Experiment } from './experiment.js'
import type { Aim, Grow, Prune, Push, Rounds, Step, Train } from './schedule.js'
import { aimToCome, type Beside, besideRound, besideStep } from './told.js'

/** What a step finds: the net with all that is grown by then and nothing cut, and what came before. */
interface Scene {
  readonly net: Net
  /** Whether the last training told losers. */
  readonly evidence: boolean
  /** Whether a net before a cut was kept, to teach. */
  readonly teacher: boolean
}

/** Where a step stands, as the run has it; `validation`: images. */
interface Standing extends Beside {
  readonly at: string
  readonly aim: Aim | null
  readonly validation: number
}

type Rehearsed = E.Either<RunError, Scene>

const decides = ({ net }: Scene): E.Either<RunError, unknown> => pipe(infer(net), E.flatMap(decisionOf))

const refusing = (condition: boolean, fact: RunError): E.Either<RunError, void> =>
  condition ? E.left(fact) : E.right(undefined)

/** The layers a criterion can tell anything of. */
const unitsFor = (criterion: CriterionName, inferred: Inferred): readonly Path[] =>
  criterion === 'normScale'
    ? scaledUnits(inferred).flatMap(({ path, free }) => (free ? [path] : []))
    : freeUnits(inferred)

/** Whether a criterion finds what it goes by. */
const speaks = (criterion: CriterionName, scene: Scene): E.Either<RunError, unknown> => {
  const noEvidence: RunError = { _tag: 'NoEvidence', criterion }
  return pipe(
    refusing(criterion === 'losers' && !scene.evidence, noEvidence),
    E.flatMap(() => infer(scene.net)),
    E.flatMap(inferred => refusing(unitsFor(criterion, inferred).length === 0, noEvidence)),
    E.flatMap(() =>
      criterion === 'deconv' || criterion === 'discriminant' || criterion === 'gradient'
        ? decides(scene)
        : E.right(undefined),
    ),
  )
}

const aims = ({ net }: Scene, own: Aim | Haste, guards: Partial<Prune> = {}): E.Either<RunError, void> => {
  const { protect = [], ignore = [], minimum = 0, multiple = 1, floor = 0 } = guards
  const aim: Aim = isHaste(own) ? { eta: 0 } : own
  return pipe(
    isHaste(own) ? sensibleHaste(own) : E.right(0),
    E.flatMap(() => infer(net)),
    E.flatMap(inferred => sensible(cutBy({ aim, protect, ignore, minimum, multiple, floor }, {}), inferred)),
  )
}

const trained = ({ at }: Standing, { teaching, batch }: Train, scene: Scene): Rehearsed =>
  pipe(
    severalValues(batch)(scene.net),
    E.mapLeft((error): RunError => error),
    E.flatMap(() => refusing(teaching !== null && !scene.teacher, { _tag: 'NoTeacher', at })),
    E.map(() => ({ ...scene, evidence: false })),
  )

const pushed = ({ aim, prune }: Standing, push: Push, scene: Scene): Rehearsed => {
  const after = { ...scene, evidence: push.losers !== null }
  const told = aimToCome(push, prune, aim)
  return pipe(
    decides(scene),
    E.flatMap(() => severalValues(push.batch)(scene.net)),
    E.flatMap(() => (push.losers === null || told === null ? E.right(undefined) : speaks('losers', after))),
    E.flatMap(() => (push.aim === null ? E.right(undefined) : aims(scene, push.aim))),
    E.map(() => after),
  )
}

/** Whether the first cut can come to its own aim: what is left by later ones nobody knows. */
const reaches = ({ aim, by, ...guards }: Prune, { net }: Scene): E.Either<RunError, void> =>
  aim === null || isHaste(aim) || 'eta' in aim
    ? E.right(undefined)
    : pipe(
        infer(net),
        E.flatMap(inferred => {
          const { protect, ignore, minimum, floor, multiple } = guards
          const units = unitsFor(by, inferred)
          return reachable({ ...aim, protect, ignore, minimum, floor, multiple, units })(net)
        }),
      )

/** Images a call when batch norm is measured again. */
const lookedAt = 100

const pruned = ({ at, aim, push }: Standing, prune: Prune, scene: Scene): Rehearsed => {
  const told = prune.by === 'losers' ? (push?.aim ?? null) : null
  const own = prune.aim ?? aim ?? told
  return pipe(
    own === null ? E.left<RunError>({ _tag: 'NoAim', at }) : aims(scene, own, prune),
    E.flatMap(() => severalValues(Math.min(prune.images, lookedAt))(scene.net)),
    E.flatMap(() => speaks(prune.by, scene)),
    E.flatMap(() => (scene.teacher ? E.right(undefined) : reaches(prune, scene))),
    E.map(() => ({ ...scene, teacher: true })),
  )
}

const rounded = (standing: Standing, { rounds, until, within, steps }: Rounds, scene: Scene): Rehearsed => {
  const round = inside({ ...standing, ...besideRound(steps, standing), aim: until }, steps)
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
  (standing: Standing, { how, steps, warmup }: Grow, growth: Growth) =>
  ({ scene, last }: Sprouting): E.Either<RunError, Sprouting> =>
    pipe(
      sprouted(pipe(growth, following(last), unlike(scene.net)), how)(scene.net),
      E.mapLeft((error): RunError => error),
      E.flatMap(({ net, grown: [at = last] }) =>
        pipe(
          warmup === null ? E.right(undefined) : severalValues(warmup.batch)(net),
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
        E.map(() => ({ scene, last: beginningOf(step.growths) })),
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
        ...besideStep(steps, nth, around),
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
export const rehearse =
  (validation: number) =>
  ({ net, schedule }: Pick<Experiment, 'net' | 'schedule'>): E.Either<RunError, void> =>
    pipe(
      decode(rehearsedCodec)({ net, schedule }),
      E.flatMap(() =>
        inside(
          { at: '', aim: null, push: null, prune: null, validation },
          schedule,
        )({
          net,
          evidence: false,
          teacher: false,
        }),
      ),
      E.asUnit,
    )
