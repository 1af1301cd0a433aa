/** The score of a model on a feed. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feed } from '../../data/pipeline/batches.js'
import type { Engine } from '../../engine/engine.js'
import type { Model } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'
import { lowerForInference } from '../training/train.js'
import { score } from '../training/training-loop.js'
import type { Score } from './score.js'

/** Images a call in evaluation. */
export const evaluationBatch = 250

/** Scores a model on a feed of `evaluationBatch` images a batch; the model stays as it is. */
export const evaluate =
  (engine: Engine) =>
  (feed: Feed) =>
  (model: Model): TE.TaskEither<LearnError, Score> =>
    TE.bracket(
      engine.open({ infer: lowerForInference(evaluationBatch)(model) }),
      session =>
        TE.tryCatch(() => {
          session.write(model.weights)
          return score(session)(feed)
        }, engineFailed(engine)),
      session => TE.fromIO(() => session.close()),
    )
