/** Data sets: specifications, open data sets, and batches as functions of a seed. */

export { type Dataset, type Images, imagesInMemory, type Skipped, selectImages } from './dataset.js'
export type { Progress, Report } from './download.js'
export type { DataError, Location } from './error.js'
export type { ImageInput, Pixels } from './formats/images/decode/decode.js'
export { readableFormats } from './formats/images/decode/signature.js'
export { type FoundImages, findImages } from './formats/images/find.js'
export { type ImageSurvey, type Spread, surveyImages } from './formats/images/survey.js'
export type { PartName, Roles } from './formats/parts.js'
export type { LeftOut, Notice, Reason } from './notices.js'
export { openData } from './open.js'
export * from './pipeline/augment.js'
export {
  type Batch,
  evaluationFeed,
  type Feed,
  prefetch,
  type TrainingOptions,
  trainingFeed,
} from './pipeline/batches.js'
export type { Mix } from './pipeline/mix.js'
export { type Preprocessing, preprocessingOf } from './preprocessing.js'
export type { OpenOptions } from './source.js'
export * from './spec.js'
