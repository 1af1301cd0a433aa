/** What a model is worth, apart from any training of it. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feed } from '../data/batches.js'
import type { Engine } from '../engine/engine.js'
import type { Model } from '../net/weights.js'
import { broken, type LearnError } from './error.js'
import { score } from './phase.js'
import type { Score } from './score.js'
import { inferring } from './train.js'

/** Images a call when nothing is learnt. */
export const evaluationBatch = 250

/** Scores a model on a feed of `evaluationBatch` images a batch; the model stays as it is. */
export const assess =
  (engine: Engine) =>
  (feed: Feed) =>
  (model: Model): TE.TaskEither<LearnError, Score> =>
    pipe(
      inferring(evaluationBatch)(model.net),
      E.mapLeft((error): LearnError => error),
      TE.fromEither,
      TE.flatMap(infer =>
        TE.bracket(
          engine.open({ infer }),
          session =>
            TE.tryCatch(() => {
              session.write(model.weights)
              return score(session)(feed)
            }, broken(engine)),
          session => TE.fromIO(() => session.close()),
        ),
      ),
    )
