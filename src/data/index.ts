/** Data sets as specifications, opened as images, batched as functions of a seed. */
export * from './augment.js'
export {
  ahead,
  type Batch,
  evaluationFeed,
  type Feed,
  type TrainingOptions,
  trainingFeed,
} from './batches.js'
export type { DataError, Place } from './error.js'
export type { LeftOut, Notice, Reason } from './notice.js'
export { openData } from './open.js'
export { type Preprocessing, preprocessingOf } from './preprocessing.js'
export { chosen, type Dataset, held, type Images, type Skipped } from './set.js'
export * from './spec.js'
