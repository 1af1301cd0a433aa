/** What 8-bit weights cost a run's model: its accuracy with and without, on the validation images of the run's data. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { WeightsMeasured } from '../convert/error.js'
import { roundKernels } from '../convert/quantise.js'
import { defaultEngine } from '../engine/open.js'
import { evaluate, feedOfAll } from '../learn/evaluation/evaluate.js'
import { accuracyOf } from '../learn/evaluation/score.js'
import type { Model } from '../net/weights.js'
import type { Resources } from '../run/context.js'
import type { RunError } from '../run/error.js'
import { withData } from '../run/storage/settings.js'
import { openRun } from '../run/storage/stored-run.js'
import { withResources } from './resources.js'
import { stopper } from './signals.js'

const compareOn =
  (model: Model) =>
  ({ engine, dataset }: Resources): TE.TaskEither<RunError, WeightsMeasured> => {
    const feed = feedOfAll(dataset, dataset.validation)
    const score = evaluate(engine)(feed)
    return pipe(
      TE.Do,
      TE.bind('float32', () => score(model)),
      TE.bind('int8', () => score(roundKernels(model))),
      TE.map(
        ({ float32, int8 }): WeightsMeasured => ({
          _tag: 'WeightsMeasured',
          images: dataset.validation.size,
          float32: accuracyOf(float32),
          int8: accuracyOf(int8),
        }),
      ),
    )
  }

/**
 * Measures a run's model; `folder` is where its data lies, if not where it lay.
 *
 * Errors  NothingToResume where the path is no run's; those of opening the data and an engine
 */
export const measureWeights =
  (run: string, folder: string | undefined) =>
  (model: Model): TE.TaskEither<RunError, WeightsMeasured> =>
    pipe(
      openRun(run),
      TE.flatMap(({ experiment, settings }) => {
        const { seed, data } = withData(settings, folder === undefined ? {} : { folder })
        return withResources(experiment, seed, data, { name: defaultEngine() }, stopper())(compareOn(model))
      }),
    )
