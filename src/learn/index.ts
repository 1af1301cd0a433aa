/** Learning on an engine: train and push as transforms, traces and other criteria, what a model is worth. */

export type { Alignment } from './alignment.js'
export { assess, evaluationBatch } from './assess.js'
export { certify } from './certify.js'
export { utilitiesBy } from './criteria.js'
export {
  discriminantsOf,
  type Moments,
  powerOf,
  type Spread,
  spreadOf,
} from './discriminants.js'
export type { LearnError } from './error.js'
export { type Evidence, judged, nothing } from './evidence.js'
export { type Haste, hastened } from './haste.js'
export { deciding } from './head.js'
export { type Latency, latencies } from './latency.js'
export { fadedIn, losers } from './losers.js'
export {
  type Aim,
  alignment,
  type CriterionName,
  type Cut,
  type Losers,
  losersDefaults,
  noTerms,
  type PushOptions,
  pushDefaults,
  rankingOf,
  type Teaching,
  type Terms,
  type TrainOptions,
  trainDefaults,
} from './options.js'
export {
  atStart,
  type Calls,
  type Epoch,
  type Learner,
  type Phase,
  type Position,
  runPhase,
  type Watch,
} from './phase.js'
export { constant, cosine, factorAt, type Schedule, step } from './rate.js'
export { recalibrate } from './recalibrate.js'
export { accuracyOf, lossOf, type Score } from './score.js'
export { type Activations, activations, lda, separationIn } from './separation.js'
export type { Sight } from './sight.js'
export { statisticsAt } from './statistics.js'
export { gradients, type Slopes, taylor, taylorIn } from './taylor.js'
export { type Traced, type TraceKind, type Traces, traced, traceIn, traces } from './trace.js'
export type { Teacher } from './train.js'
export { type Ground, push, train } from './transform.js'
