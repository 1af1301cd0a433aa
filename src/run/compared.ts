/** The net before the first cut beside the one at the end, in one run. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { LearnError } from '../learn/error.js'
import { latencies } from '../learn/latency.js'
import type { Score } from '../learn/score.js'
import { infer } from '../net/infer.js'
import type { Model } from '../net/weights.js'
import { countsOf } from './aim.js'
import type { Checkpoint } from './checkpoint.js'
import type { Env } from './env.js'
import type { Compared } from './event.js'
import { scoredAs, tested } from './stepenv.js'

type Figures = Omit<Compared, 'latency'>

const figuresOf =
  (name: Compared['name'], test: Score) =>
  ({ net }: Model): E.Either<LearnError, Figures> =>
    pipe(
      infer(net),
      E.map(inferred => ({
        name,
        ...countsOf(inferred),
        test: scoredAs(test),
      })),
    )

/** `test`: of the net at the end. `null` where nothing was cut. */
export const compare =
  (env: Env, test: Score) =>
  ({ kept: { original }, learner }: Checkpoint): TE.TaskEither<LearnError, readonly Compared[] | null> => {
    if (original === undefined) return TE.right(null)
    const models = [original, learner.model]
    return pipe(
      TE.Do,
      TE.bind('before', () =>
        pipe(
          tested(env)(original),
          TE.flatMapEither(score => figuresOf('before', score)(original)),
        ),
      ),
      TE.bind('after', () => TE.fromEither(figuresOf('after', test)(learner.model))),
      TE.bind('one', () => latencies(env.engine, 1)(models)),
      TE.bind('hundred', () => latencies(env.engine, 100)(models)),
      TE.map(({ before, after, one, hundred }) =>
        [before, after].map((each, nth) => ({
          ...each,
          latency: { one: one[nth]?.median ?? 0, hundred: hundred[nth]?.median ?? 0 },
        })),
      ),
    )
  }
