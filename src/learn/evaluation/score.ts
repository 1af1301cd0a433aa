/** Scores of logits: accuracy, and the loss in nats. */

import { setImmediate } from 'node:timers/promises'
import type { Batch, Feed } from '../../data/pipeline/batches.js'
import { mirrorImages } from '../../data/pipeline/mirror.js'
import type { Session } from '../../engine/engine.js'
import type { Graph } from '../../graph/graph.js'
import { elementAt } from '../../io/element.js'
import type { Shape } from '../../net/shape.js'

/** Sums over images. */
export interface Score {
  readonly images: number
  readonly correct: number
  /** Summed over the images. */
  readonly nats: number
}

export const noScore: Score = { images: 0, correct: 0, nats: 0 }

/** The share of images classified correctly. */
export const accuracyOf = ({ correct, images }: Score): number => correct / Math.max(1, images)
/** The mean loss of an image, in nats. */
export const lossOf = ({ nats, images }: Score): number => nats / Math.max(1, images)

export const addScores = (a: Score, b: Score): Score => ({
  images: a.images + b.images,
  correct: a.correct + b.correct,
  nats: a.nats + b.nats,
})

/** Probabilities that sum to 1. Shapes  logits [classes] → [classes] */
export const softmax = (row: Float32Array): Float64Array => {
  const top = row.reduce((a, b) => Math.max(a, b))
  const powers = Float64Array.from(row, logit => Math.exp(logit - top))
  const sum = powers.reduce((a, b) => a + b)
  return powers.map(power => power / sum)
}

/** −log softmax(row)[label], and whether the label's logit is the largest. */
const scoreRow = (row: Float32Array, label: number): readonly [nats: number, right: boolean] => {
  const top = row.reduce((a, b) => Math.max(a, b))
  const spread = row.reduce((sum, logit) => sum + Math.exp(logit - top), 0)
  return [Math.log(spread) + top - elementAt(row, label), row.indexOf(top) === label]
}

/** The score of one batch; images that only fill it up are not counted. Shapes  logits [batch, classes] */
export const scoreOf = (logits: Float32Array, { labels, size }: Pick<Batch, 'labels' | 'size'>): Score => {
  const classes = logits.length / labels.length
  return Array.from({ length: size }, (_, nth) =>
    scoreRow(logits.subarray(nth * classes, (nth + 1) * classes), elementAt(labels, nth)),
  ).reduce<Score>(
    (score, [nats, right]) => addScores(score, { images: 1, correct: right ? 1 : 0, nats }),
    noScore,
  )
}

export const logitsOf = (fetched: Readonly<Record<string, Float32Array>>): Float32Array =>
  fetched.logits ?? new Float32Array()

/** An image as the net is shown it. */
type View = (images: Float32Array) => Float32Array

const asTheyAre: View = images => images

/** The mean over several logits. */
const meanOf = ([first, ...others]: readonly Float32Array[]): Float32Array =>
  others.length === 0
    ? (first ?? new Float32Array())
    : (first ?? new Float32Array()).map(
        (logit, i) => others.reduce((sum, each) => sum + elementAt(each, i), logit) / (1 + others.length),
      )

/** Scores `infer` over a feed, by the mean of the logits of several views of each image where there are several. */
export const score =
  (session: Session<{ readonly infer: Graph }>, views: readonly View[] = [asTheyAre]) =>
  async (feed: Feed): Promise<Score> => {
    let sum = noScore
    for (let step = 0; step < feed.batches; step++) {
      const batch = await feed.batch(0, step)
      const logits: Float32Array[] = []
      for (const view of views)
        logits.push(logitsOf(await session.runAsync('infer', { images: view(batch.images) })))
      sum = addScores(sum, scoreOf(meanOf(logits), batch))
      await setImmediate()
    }
    return sum
  }

/** Every image, and mirrored left to right. */
export const mirrorViews = (image: Shape): readonly View[] => [asTheyAre, mirrorImages(image)]
