/** The net before the first cut beside the one at the end, in one run. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { evaluationFeed } from '../data/batches.js'
import { assess, evaluationBatch } from '../learn/assess.js'
import type { LearnError } from '../learn/error.js'
import { latencies } from '../learn/latency.js'
import { macsOf, paramsOf, storedOf } from '../net/count.js'
import { infer } from '../net/infer.js'
import type { Model } from '../net/weights.js'
import type { Checkpoint } from './checkpoint.js'
import type { Env } from './env.js'
import type { Compared } from './event.js'
import { scoredAs } from './stepenv.js'

type Figures = Omit<Compared, 'name' | 'latency'>

const figuresOf =
  ({ engine, dataset }: Env) =>
  (model: Model): TE.TaskEither<LearnError, Figures> =>
    pipe(
      TE.Do,
      TE.bind('inferred', () => TE.fromEither(infer(model.net))),
      TE.bindW('test', () =>
        assess(engine)(evaluationFeed(dataset, dataset.test, { batch: evaluationBatch }))(model),
      ),
      TE.map(({ inferred, test }) => ({
        params: paramsOf(inferred),
        macs: macsOf(inferred),
        bytes: 4 * storedOf(inferred),
        test: scoredAs(test),
      })),
    )

const names = ['before', 'after'] as const

/** `null` where nothing was cut. */
export const compare =
  (env: Env) =>
  ({ kept: { teacher }, learner }: Checkpoint): TE.TaskEither<LearnError, readonly Compared[] | null> => {
    if (teacher === undefined) return TE.right(null)
    const models = [teacher, learner.model]
    return pipe(
      TE.Do,
      TE.bind('figures', () => pipe(models, TE.traverseSeqArray(figuresOf(env)))),
      TE.bind('one', () => latencies(env.engine, 1)(models)),
      TE.bind('hundred', () => latencies(env.engine, 100)(models)),
      TE.map(({ figures, one, hundred }) =>
        figures.map((each, nth) => ({
          name: names[nth] ?? 'after',
          ...each,
          latency: { one: one[nth]?.median ?? 0, hundred: hundred[nth]?.median ?? 0 },
        })),
      ),
    )
  }
