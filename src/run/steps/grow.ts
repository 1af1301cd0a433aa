/** Growing as a kind of step: a module, a branch or a width more, its training, and whether that paid. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import {
  closed,
  closedPartial,
  finite,
  forbid,
  list,
  nullable,
  positive,
  positiveWhole,
  wholeFrom,
} from '../../io/codec.js'
import { trainCodec } from '../../learn/codec.js'
import type { TrainOptions } from '../../learn/options.js'
import type { Path } from '../../net/path.js'
import { growInitCodec, growthCodec } from '../../surgery/codec.js'
import { growNet } from '../../surgery/grow/grow.js'
import { withFreshName } from '../../surgery/grow/insert-layer.js'
import type { GrowInit, Growth } from '../../surgery/grow/options.js'
import { advanceSite, firstSitePath } from '../../surgery/grow/site.js'
import type { RunError } from '../error.js'
import { previewGrowth } from '../schedule/growth-preview.js'
import type { Step } from '../schedule/schedule.js'
import { runGrow } from './grow-search.js'
import type { CheckContext, CheckState, StepKind } from './kind.js'
import { requireSeveralValues, requireValidation, satisfied } from './requirements.js'
import type { Warmup } from './warmup.js'

/** Grows one thing after another, and trains after each, while that pays. */
export interface Grow {
  readonly _tag: 'grow'
  /**
   * The first at its place, each further module behind or before the one grown last, or at the same place; where that
   * was pruned away, nothing grows.
   */
  readonly growths: readonly Growth[]
  readonly init: GrowInit
  /** With `noisy`: the new weights' deviation, in deviations of the old ones beside them. */
  readonly noise: number
  /** Ends after `patience` nets in a row that gained less validation accuracy than this over the last that paid. */
  readonly minDelta: number
  readonly patience: number
  /** What a grown net may have at most; latency in milliseconds an image, measured. */
  readonly budget: {
    readonly params: number | null
    readonly macs: number | null
    readonly latency: number | null
  }
  /** Before the steps: only what is new learns, the optimizer is as new before it and after. */
  readonly warmup: TrainOptions | null
  readonly steps: readonly Step[]
}

/** How often a step grows: each of so many nets is checked before anything trains. */
const mostGrowths = 1000

export const maxCodec = wholeFrom(1, mostGrowths)

const growthsCodec = t.refinement(
  list(growthCodec),
  growths => growths.length > 0,
  'something to grow, told by the shape of a layer that the net has',
)

const codec: StepKind<Grow>['codec'] = steps =>
  closedPartial(
    {
      _tag: t.literal('grow'),
      growths: growthsCodec,
      init: growInitCodec,
      noise: positive,
      minDelta: finite,
      patience: positiveWhole,
      budget: closed({ params: nullable(positive), macs: nullable(positive), latency: nullable(positive) }),
      warmup: nullable(trainCodec),
      steps,
    },
    { max: forbid(maxCodec.name) },
  )

/** What is known after one thing more has grown, and where it did. */
interface GrownState {
  readonly state: CheckState
  readonly last: Path
}

/** Checks one growth and the steps after it. */
const checkGrowth =
  (context: CheckContext, { init, steps, warmup }: Grow, growth: Growth) =>
  ({ state, last }: GrownState): E.Either<RunError, GrownState> =>
    pipe(
      growNet(pipe(growth, advanceSite(last), withFreshName(state.net.net)), init)(state.net),
      E.mapLeft((error): RunError => error),
      E.flatMap(({ net, grown: [at = last] }) =>
        pipe(
          warmup === null ? satisfied : requireSeveralValues(warmup.batchSize, net),
          E.flatMap(() => context.checkSteps(context, steps)({ ...state, net })),
          E.map(after => ({ state: after, last: at })),
        ),
      ),
    )

const check: StepKind<Grow>['check'] = (context, step) => state =>
  pipe(
    step.growths.reduce<E.Either<RunError, GrownState>>(
      (before, growth) => pipe(before, E.flatMap(checkGrowth(context, step, growth))),
      pipe(
        requireValidation(context),
        E.map(() => ({ state, last: firstSitePath(step.growths) })),
      ),
    ),
    E.map(grown => grown.state),
  )

/** What is run on each net met: a warm-up is one more step, before the others. */
export const stepsOf = ({ warmup, steps }: Pick<Grow, 'warmup' | 'steps'>): readonly (Step | Warmup)[] =>
  warmup === null ? steps : [{ ...warmup, _tag: 'warmup' }, ...steps]

export const growKind: StepKind<Grow> = {
  codec,
  check,
  run: (context, step) => runGrow(context, step, stepsOf(step)),
  loop: step => ({ word: 'growth', times: step.growths.length, steps: stepsOf(step) }),
  netAfter:
    ({ growths, steps }, netAfterSteps) =>
    net => {
      const grown = growths.reduce(previewGrowth, { net, last: firstSitePath(growths) })
      return netAfterSteps(steps, grown.net)
    },
}
