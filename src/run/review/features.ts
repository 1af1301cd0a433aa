/** The features that a run's nets decide on, for people to look at: how they correlate, and separate the classes. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../data/dataset.js'
import { encodePng } from '../../data/encode-png.js'
import { factOf } from '../../data/error.js'
import type { Feed } from '../../data/pipeline/batches.js'
import { feedOfAll } from '../../learn/evaluation/evaluate.js'
import { type FeatureStatistics, featureStatistics } from '../../learn/evaluation/features.js'
import type { Model } from '../../net/weights.js'
import type { Resources } from '../context.js'
import type { RunError } from '../error.js'
import type { Features } from './predictions.js'

/** More make no picture that can be read, and a log that is large. */
const mostCompared = 64

/** Batches that are looked at: at most 2,000 images. */
const mostBatches = 8

/** Validation images, or test images where there are none. */
const feedOf = (dataset: Dataset): Feed => {
  const images = dataset.validation.size > 0 ? dataset.validation : dataset.test
  const feed = feedOfAll(dataset, images)
  return { ...feed, batches: Math.min(feed.batches, mostBatches) }
}

/** Red, green and blue of every pixel; how strong a correlation is shows in how opaque it is. */
const ink = [0, 114, 178] as const

const pixelsOf = ({ correlation }: FeatureStatistics): Uint8Array =>
  Uint8Array.from([...correlation].flatMap(value => [...ink, Math.round(255 * Math.min(1, Math.abs(value)))]))

const shortened = (value: number): number => Number(value.toPrecision(4))

const drawn =
  (name: string, net: string) =>
  (statistics: FeatureStatistics): TE.TaskEither<RunError, Features> =>
    TE.tryCatch(async () => {
      const { size, compared, separation, redundancy } = statistics
      const png = await encodePng(pixelsOf(statistics), [compared, compared, 4])
      return {
        net,
        size,
        compared,
        separation: Array.from(separation, shortened),
        redundancy: shortened(redundancy),
        correlation: png?.toString('base64') ?? '',
      }
    }, factOf(name))

/** `net`: what it is to the run. Errors  NoDecision where it does not decide on a vector */
export const measureFeatures =
  ({ engine, dataset }: Pick<Resources, 'engine' | 'dataset'>, net: string) =>
  (model: Model): TE.TaskEither<RunError, Features> =>
    pipe(
      featureStatistics(engine, feedOf(dataset), mostCompared)(model),
      TE.mapLeft((error): RunError => error),
      TE.flatMap(drawn(dataset.name, net)),
    )
