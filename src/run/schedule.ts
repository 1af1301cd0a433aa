/** What happens over time, as data: the steps of a schedule. */
import { type TrainOptions, trainDefaults } from '../learn/train.js'

/** Trains the whole net. */
export interface Train extends TrainOptions {
  readonly _tag: 'train'
}

export type Step = Train

/**
 * Trains for some epochs: SGD with Nesterov momentum at rate 0.1, warmed up and let down along a cosine, unless told.
 *
 * @example
 * train({ epochs: 8, batch: 64, smoothing: 0.1 })
 */
export const train = (options: Partial<TrainOptions> = {}): Train => ({ _tag: 'train', ...trainDefaults, ...options })
