/** The features that a run's nets decide on, before and after, for people to look at. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../../data/dataset.js'
import { encodePng } from '../../data/encode-png.js'
import { factOf } from '../../data/error.js'
import type { Feed } from '../../data/pipeline/batches.js'
import { feedOfAll } from '../../learn/evaluation/evaluate.js'
import { type FeatureStatistics, featureStatistics } from '../../learn/evaluation/features.js'
import type { Model } from '../../net/weights.js'
import { decisionOf } from '../../surgery/analysis/decision.js'
import type { Resources } from '../context.js'
import type { RunError } from '../error.js'
import type { Checkpoint } from '../storage/checkpoint.js'
import type { Features } from './predictions.js'

/** More features make no picture that can be read; their correlations cost their square. */
const mostFeatures = 256

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

const drawn =
  (name: string, net: string) =>
  (statistics: FeatureStatistics): TE.TaskEither<RunError, Features> =>
    TE.tryCatch(async () => {
      const { size, separation } = statistics
      const png = await encodePng(pixelsOf(statistics), [size, size, 4])
      return {
        net,
        size,
        separation: Array.from(separation, value => Number(value.toPrecision(4))),
        correlation: png?.toString('base64') ?? '',
      }
    }, factOf(name))

const isReadable = (model: Model): boolean =>
  pipe(
    decisionOf(model),
    E.exists(({ size }) => size <= mostFeatures),
  )

/** The net before the last rounds, or the first cut, and the last; where nothing was cut, the last alone. */
const netsOf = ({
  learner,
  models: { teacher, original },
}: Checkpoint): readonly (readonly [name: string, model: Model])[] => {
  const before = teacher ?? original
  return [...(before === null ? [] : [['before the cuts', before] as const]), ['at the end', learner.model]]
}

/** None of nets that do not decide on a vector, or on one of too many features. */
export const measureFeatures =
  ({ engine, dataset }: Resources) =>
  (checkpoint: Checkpoint): TE.TaskEither<RunError, readonly Features[]> =>
    pipe(
      netsOf(checkpoint).filter(([, model]) => isReadable(model)),
      TE.traverseSeqArray(([name, model]) =>
        pipe(
          featureStatistics(engine)(feedOf(dataset))(model),
          TE.mapLeft((error): RunError => error),
          TE.flatMap(drawn(dataset.name, name)),
        ),
      ),
    )
