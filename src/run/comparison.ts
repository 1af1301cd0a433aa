/** The net before the first cut beside the one at the end, in one run. */

import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { elementAt } from '../io/element.js'
import type { LearnError } from '../learn/error.js'
import { latencies } from '../learn/evaluation/latency.js'
import type { Score } from '../learn/evaluation/score.js'
import type { Model } from '../net/weights.js'
import type { RunContext } from './context.js'
import type { Comparison } from './events.js'
import { countsOf } from './schedule/counts.js'
import { isWhole, scoreTest, toScored } from './steps/step-context.js'
import type { Checkpoint } from './storage/checkpoint.js'

type Figures = Omit<Comparison, 'latency'>

const figuresOf = (name: Comparison['name'], model: Model, test: Score): Figures => ({
  name,
  ...countsOf(model),
  test: toScored(test),
})

/** `test`: of the net at the end. `null` where nothing was cut. */
export const compareBeforeAfter =
  (context: RunContext, test: Score) =>
  (
    checkpoint: Pick<Checkpoint, 'learner' | 'models'>,
  ): TE.TaskEither<LearnError, readonly Comparison[] | null> => {
    const {
      models: { original },
      learner,
    } = checkpoint
    if (original === null || isWhole(checkpoint)) return TE.right(null)
    const models = [original, learner.model]
    return pipe(
      scoreTest(context)(original),
      TE.bindTo('score'),
      TE.bind('one', () => latencies(context.engine, 1)(models)),
      TE.bind('hundred', () => latencies(context.engine, 100)(models)),
      TE.map(({ score, one, hundred }) =>
        [figuresOf('before', original, score), figuresOf('after', learner.model, test)].map((each, nth) => ({
          ...each,
          latency: { one: elementAt(one, nth).median, hundred: elementAt(hundred, nth).median },
        })),
      ),
    )
  }
