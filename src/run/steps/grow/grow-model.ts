/** A model grown once more: with input statistics measured on the run’s data, and within the budget. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { elementAt } from '../../../io/element.js'
import { latencies } from '../../../learn/evaluation/latency.js'
import { statisticsAt } from '../../../learn/evaluation/statistics.js'
import type { Model } from '../../../net/weights.js'
import { type Grown, grow } from '../../../surgery/grow/grow.js'
import { withFreshName } from '../../../surgery/grow/insert-layer.js'
import type { GrowOptions, Growth } from '../../../surgery/grow/options.js'
import { anchorOf } from '../../../surgery/grow/site.js'
import type { RunError } from '../../error.js'
import type { Grow } from '../../schedule/steps.js'
import { calibrationFor, type StepContext, stepSeed } from '../step-context.js'
import { budgetOf, statisticsImages } from './growth-limits.js'

/** Errors  OverBudget where an image now takes too long */
const checkLatency =
  ({ engine }: StepContext, { budget: { latency: limit } }: Grow) =>
  (grown: Grown): TE.TaskEither<RunError, Grown> =>
    limit === null
      ? TE.right(grown)
      : pipe(
          latencies(engine, 1)([grown.model]),
          TE.map(all => elementAt(all, 0).median),
          TE.flatMapEither(
            (got): E.Either<RunError, Grown> =>
              got <= limit ? E.right(grown) : E.left({ _tag: 'OverBudget', measure: 'latency', limit, got }),
          ),
        )

/** The input statistics that a new layer needs to pass its input on. */
const statisticsFor = (
  context: StepContext,
  growth: Growth,
  model: Model,
): TE.TaskEither<RunError, Pick<GrowOptions, 'statistics'>> => {
  const anchor = 'to' in growth ? null : anchorOf(model.net)(growth)
  return anchor === null
    ? TE.right({})
    : pipe(
        statisticsAt(calibrationFor(context, statisticsImages), anchor)(model),
        TE.map(statistics => ({ statistics })),
      )
}

/** Errors  those of `grow`; OverBudget where an image takes too long */
export const growModel = (
  context: StepContext,
  step: Grow,
  growth: Growth,
  model: Model,
): TE.TaskEither<RunError, Grown> =>
  pipe(
    statisticsFor(context, growth, model),
    TE.flatMapEither(statistics =>
      grow({
        ...withFreshName(model.net)(growth),
        ...statistics,
        seed: stepSeed(context),
        init: step.init,
        exact: step.exact,
        noise: step.noise,
        budget: budgetOf(context, step),
      })(model),
    ),
    TE.flatMap(checkLatency(context, step)),
  )
