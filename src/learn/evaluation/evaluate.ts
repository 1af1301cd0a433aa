/** The score of a model on a feed. */
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset, Images } from '../../data/dataset.js'
import { evaluationFeed, type Feed } from '../../data/pipeline/batches.js'
import { closeSession, type Engine } from '../../engine/engine.js'
import type { Model } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'
import { lowerForInference } from '../training/train.js'
import { mirrorViews, type Score, score } from './score.js'

/** The most images a call in evaluation. */
export const evaluationBatch = 250

/**
 * All images in order, in as few batches of at most `evaluationBatch` as hold them, as even as can be: of a few large
 * images the padding of a full batch would take most of the time.
 */
export const feedOfAll = (dataset: Dataset, images: Images): Feed => {
  const batches = Math.max(1, Math.ceil(images.size / evaluationBatch))
  return evaluationFeed(dataset, images, { batch: Math.max(1, Math.ceil(images.size / batches)) })
}

/** How images are shown to the net. */
export interface EvaluateOptions {
  /** By the mean of the logits of each image and of its mirror image; off by default. Source  Jordan 2024 */
  readonly mirror?: boolean
}

/**
 * Scores a model on a feed; the model stays as it is.
 *
 * Law  with `mirror`, images and their mirror images have the same score
 */
export const evaluate =
  (engine: Engine, { mirror = false }: EvaluateOptions = {}) =>
  (feed: Feed) =>
  (model: Model): TE.TaskEither<LearnError, Score> =>
    TE.bracket(
      engine.open({ infer: lowerForInference(feed.batchSize)(model) }),
      session =>
        TE.tryCatch(() => {
          session.write(model.weights)
          return score(session, mirror ? mirrorViews(model.net.input) : undefined)(feed)
        }, engineFailed(engine)),
      closeSession,
    )
