/** A model grown once more in a run: on statistics measured there, and within the budget. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { latencies } from '../../learn/evaluation/latency.js'
import { statisticsAt } from '../../learn/evaluation/statistics.js'
import type { Model } from '../../net/weights.js'
import { type Grown, grow } from '../../surgery/grow/grow.js'
import { withFreshName } from '../../surgery/grow/insert-layer.js'
import type { GrowOptions, Growth } from '../../surgery/grow/options.js'
import { anchorOf } from '../../surgery/grow/site.js'
import type { RunError } from '../error.js'
import type { Grow } from '../schedule/schedule.js'
import { calibrationFor, type StepContext, stepSeed } from '../step-context.js'

/** Images whose statistics a new module passes on. */
const looked = 1000

const budgetOf = ({ budget: { params, macs } }: Grow) => ({
  ...(params !== null && { params }),
  ...(macs !== null && { macs }),
})

/** A net grown, unless an image now takes it too long. */
const inTime =
  ({ engine }: StepContext, { budget: { latency: limit } }: Grow) =>
  (grown: Grown): TE.TaskEither<RunError, Grown> =>
    limit === null
      ? TE.right(grown)
      : pipe(
          latencies(engine, 1)([grown.model]),
          TE.map(([one]) => one?.median ?? 0),
          TE.flatMapEither(
            (got): E.Either<RunError, Grown> =>
              got <= limit ? E.right(grown) : E.left({ _tag: 'OverBudget', measure: 'latency', limit, got }),
          ),
        )

/** What a new layer that passes on what comes in is to know of it. */
const statisticsFor = (
  env: StepContext,
  growth: Growth,
  model: Model,
): TE.TaskEither<RunError, Pick<GrowOptions, 'statistics'>> => {
  const spot = 'to' in growth ? null : anchorOf(model.net)(growth)
  return spot === null
    ? TE.right({})
    : pipe(
        statisticsAt(calibrationFor(env, looked), spot)(model),
        TE.map(statistics => ({ statistics })),
      )
}

/** Errors  those of `grow`; OverBudget where an image takes too long */
export const growModel = (
  env: StepContext,
  step: Grow,
  growth: Growth,
  model: Model,
): TE.TaskEither<RunError, Grown> =>
  pipe(
    statisticsFor(env, growth, model),
    TE.flatMapEither(statistics =>
      grow({
        ...withFreshName(model.net)(growth),
        ...statistics,
        seed: stepSeed(env),
        init: step.init,
        noise: step.noise,
        budget: budgetOf(step),
      })(model),
    ),
    TE.flatMap(inTime(env, step)),
  )
