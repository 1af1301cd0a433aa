/** The score of a model on a feed. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Feed } from '../../data/pipeline/batches.js'
import type { Engine } from '../../engine/engine.js'
import type { Model } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'
import { lowerForInference } from '../training/train.js'
import { mirrorViews, type Score, score } from './score.js'

/** Images a call in evaluation. */
export const evaluationBatch = 250

/** How images are shown to the net. */
export interface EvaluateOptions {
  /** By the mean of the logits of each image and of its mirror image; off by default. Source  Jordan 2024 */
  readonly mirror?: boolean
}

/**
 * Scores a model on a feed of `evaluationBatch` images a batch; the model stays as it is.
 *
 * Law  with `mirror`, images and their mirror images have the same score
 */
export const evaluate =
  (engine: Engine, { mirror = false }: EvaluateOptions = {}) =>
  (feed: Feed) =>
  (model: Model): TE.TaskEither<LearnError, Score> =>
    TE.bracket(
      engine.open({ infer: lowerForInference(evaluationBatch)(model) }),
      session =>
        TE.tryCatch(() => {
          session.write(model.weights)
          return score(session, mirror ? mirrorViews(model.net.input) : undefined)(feed)
        }, engineFailed(engine)),
      session => TE.fromIO(() => session.close()),
    )
