/** A schedule gone through on nets alone, before anything trains: what cannot be is refused at once. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Haste, isHaste, sensibleHaste } from '../learn/haste.js'
import { type CriterionName, cutBy } from '../learn/options.js'
import { decode } from '../net/closed.js'
import { infer } from '../net/infer.js'
import type { Net } from '../net/layer.js'
import type { Path } from '../net/path.js'
import { hasNorm } from '../net/slots.js'
import { decisionOf } from '../surgery/decision.js'
import { sprouted } from '../surgery/grow.js'
import type { Growth } from '../surgery/growth.js'
import { sensible } from '../surgery/options.js'
import { unlike } from '../surgery/place.js'
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

/** Whether a criterion finds what it goes by. */
const speaks = (criterion: CriterionName, scene: Scene): E.Either<RunError, unknown> => {
  const normed = pipe(
    infer(scene.net),
    E.flatMap(inferred =>
      refusing(![...inferred.values()].some(({ layer }) => hasNorm(layer)), {
        _tag: 'NoEvidence',
        criterion,
      }),
    ),
  )
  switch (criterion) {
    case 'losers':
      return pipe(
        refusing(!scene.evidence, { _tag: 'NoEvidence', criterion }),
        E.flatMap(() => normed),
      )
    case 'taylor':
    case 'normScale':
      return normed
    case 'deconv':
    case 'discriminant':
    case 'gradient':
      return decides(scene)
    default:
      return E.right(undefined)
  }
}

const aims = ({ net }: Scene, own: Aim | Haste, guards: Partial<Prune> = {}): E.Either<RunError, void> => {
  const { protect = [], ignore = [], minimum = 0, multiple = 1 } = guards
  const aim: Aim = isHaste(own) ? { eta: 0 } : own
  return pipe(
    isHaste(own) ? sensibleHaste(own) : E.right(0),
    E.flatMap(() => infer(net)),
    E.flatMap(inferred => sensible(cutBy({ aim, protect, ignore, minimum, multiple }, {}), inferred)),
  )
}

const trained = ({ at }: Standing, { teaching }: Train, scene: Scene): Rehearsed =>
  pipe(
    refusing(teaching !== null && !scene.teacher, { _tag: 'NoTeacher', at }),
    E.map(() => ({ ...scene, evidence: false })),
  )

const pushed = ({ aim, prune }: Standing, push: Push, scene: Scene): Rehearsed => {
  const after = { ...scene, evidence: push.losers !== null }
  const told = aimToCome(push, prune, aim)
  return pipe(
    decides(scene),
    E.flatMap(() => (push.losers === null || told === null ? E.right(undefined) : speaks('losers', after))),
    E.flatMap(() => (push.aim === null ? E.right(undefined) : aims(scene, push.aim))),
    E.map(() => after),
  )
}

const pruned = ({ at, aim, push }: Standing, prune: Prune, scene: Scene): Rehearsed => {
  const told = prune.by === 'losers' ? (push?.aim ?? null) : null
  const own = prune.aim ?? aim ?? told
  return pipe(
    own === null ? E.left<RunError>({ _tag: 'NoAim', at }) : aims(scene, own, prune),
    E.flatMap(() => speaks(prune.by, scene)),
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
  (standing: Standing, { how, steps }: Grow, growth: Growth) =>
  ({ scene, last }: Sprouting): E.Either<RunError, Sprouting> =>
    pipe(
      sprouted(pipe(growth, following(last), unlike(scene.net)), how)(scene.net),
      E.mapLeft((error): RunError => error),
      E.flatMap(({ net, grown: [at = last] }) =>
        pipe(
          inside(standing, steps)({ ...scene, net }),
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
 * Errors  Misread; those a run would come to, as far as the nets alone tell: UnknownPath, WrongOption, NoDecision, NoEvidence,
 *         NoTeacher, NoAim, NoValidation; of growing, what does not fit
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
