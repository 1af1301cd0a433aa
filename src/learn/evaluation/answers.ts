/** What a model answers on a feed, image by image. */

import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Batch, Feed } from '../../data/pipeline/batches.js'
import { closeSession, type Engine, type Session } from '../../engine/engine.js'
import type { Graph } from '../../graph/graph.js'
import { elementAt } from '../../io/element.js'
import type { Model } from '../../net/weights.js'
import { engineFailed, type LearnError } from '../error.js'
import { lowerForInference } from '../training/train.js'

/** The class with the largest logit, and its softmax. */
export interface Answer {
  readonly label: number
  readonly answer: number
  readonly confidence: number
}

const answerOf = (row: Float32Array, label: number): Answer => {
  const top = row.reduce((a, b) => Math.max(a, b))
  const spread = row.reduce((sum, logit) => sum + Math.exp(logit - top), 0)
  return { label, answer: row.indexOf(top), confidence: 1 / spread }
}

const answersIn = (logits: Float32Array, { labels, size }: Batch): readonly Answer[] => {
  const classes = logits.length / labels.length
  return Array.from({ length: size }, (_, nth) =>
    answerOf(logits.subarray(nth * classes, (nth + 1) * classes), elementAt(labels, nth)),
  )
}

const runFeed = async (
  session: Session<{ readonly infer: Graph }>,
  feed: Feed,
): Promise<readonly Answer[]> => {
  const found: Answer[] = []
  for (let step = 0; step < feed.batches; step++) {
    const batch = await feed.batch(0, step)
    const { logits = new Float32Array() } = await session.runAsync('infer', { images: batch.images })
    found.push(...answersIn(logits, batch))
  }
  return found
}

/** An answer an image, in the order of a feed. */
export const answerAll =
  (engine: Engine) =>
  (feed: Feed) =>
  (model: Model): TE.TaskEither<LearnError, readonly Answer[]> =>
    TE.bracket(
      engine.open({ infer: lowerForInference(feed.batchSize)(model) }, model.weights),
      session => TE.tryCatch(() => runFeed(session, feed), engineFailed(engine)),
      closeSession,
    )
