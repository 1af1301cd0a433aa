/** What an export in 8 bits takes from a run's data: ranges of values, and what it costs in accuracy on validation images. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { FilesMeasured, NotChecked, WeightsMeasured } from '../../convert/error.js'
import { compareFiles } from '../../convert/onnx/quantise/accuracy.js'
import type { Activations, ActivationType } from '../../convert/onnx/quantise/activations.js'
import { measureRanges } from '../../convert/onnx/quantise/ranges.js'
import { roundKernels } from '../../convert/quantise.js'
import { defaultEngine } from '../../engine/open.js'
import { evaluate, feedOfAll } from '../../learn/evaluation/evaluate.js'
import { accuracyOf } from '../../learn/evaluation/score.js'
import type { Model } from '../../net/weights.js'
import { renderMessage } from '../../report/text/render-message.js'
import type { Resources } from '../../run/context.js'
import type { RunError } from '../../run/error.js'
import { withData } from '../../run/storage/settings.js'
import { openRun } from '../../run/storage/stored-run.js'
import { withResources } from '../resources.js'
import { stopper } from '../signals.js'
import { say } from '../stderr.js'

/** What 8-bit kernels cost, by the engine: nothing else differs. */
const measureWeights =
  ({ engine, dataset }: Resources) =>
  (model: Model): TE.TaskEither<RunError, WeightsMeasured> => {
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

type Measured = WeightsMeasured | FilesMeasured | NotChecked

/** What an export costs; where its products are of integers, only onnxruntime can say it. */
const measure = (
  resources: Resources,
  activations: Activations,
  model: Model,
): TE.TaskEither<RunError, Measured> =>
  activations === 'float32'
    ? measureWeights(resources)(model)
    : pipe(
        compareFiles(resources, activations)(model),
        TE.orElseW((reason): TE.TaskEither<RunError, Measured> => TE.right(reason)),
      )

const activationsOf = (
  resources: Resources,
  type: ActivationType,
  model: Model,
): TE.TaskEither<RunError, Activations> =>
  type === 'calibrated' ? measureRanges(resources)(model) : TE.right(type)

/**
 * How a run's model computes in 8 bits, and a line on what that costs; `folder` is where its data lies, if not where it lay.
 *
 * Errors  NothingToResume where the path is no run's; those of opening the data and an engine
 */
export const quantiseOn =
  (run: string, folder: string | undefined, type: ActivationType) =>
  (model: Model): TE.TaskEither<RunError, Activations> =>
    pipe(
      openRun(run),
      TE.flatMap(({ experiment, settings }) => {
        const { seed, data } = withData(settings, folder === undefined ? {} : { folder })
        return withResources(
          experiment,
          seed,
          data,
          { name: defaultEngine() },
          stopper(),
        )(resources =>
          pipe(
            activationsOf(resources, type, model),
            TE.tap(activations =>
              pipe(
                measure(resources, activations, model),
                TE.map(measured => say(renderMessage(measured))),
              ),
            ),
          ),
        )
      }),
    )
