/** Learning on an engine: train and push as transforms of models, criteria, evaluation. */
export type { FunctionError, FunctionKind, FunctionName, NamedFunction } from '../io/named-function.js'
export type { Calibration } from './criteria/calibration.js'
export { measureCriterion } from './criteria/criteria.js'
export {
  allFeatures,
  decisionFeatures,
  type FeatureChoice,
  type FeatureTable,
} from './criteria/decision-features.js'
export {
  type ClassVariance,
  classVariance,
  discriminantsOf,
  type Moments,
  separationPower,
} from './criteria/discriminants.js'
export { type Evidence, measureUtilities, noEvidence } from './criteria/evidence.js'
export { fStatistic, fStatistics, fStatisticUtilities } from './criteria/f-statistic.js'
export { type Activations, activations, lda, ldaUtilities } from './criteria/lda.js'
export {
  type AnyCriterion,
  criterion,
  type EvidenceTypes,
  type NamedCriterion,
} from './criteria/named-criterion.js'
export { type Gradients, gradients, taylor, taylorUtilities } from './criteria/taylor.js'
export {
  measureTrace,
  type TraceSums,
  type Traces,
  traces,
  traceUtilities,
} from './criteria/trace.js'
export type { TraceKind } from './criteria/trace-call.js'
export type { LearnError } from './error.js'
export type { Alignment } from './evaluation/alignment.js'
export type { DataDiffers } from './evaluation/check-data.js'
export { checkPruned } from './evaluation/check-pruned.js'
export { type EvaluateOptions, evaluate, evaluationBatch, feedOfAll } from './evaluation/evaluate.js'
export { type Latency, latencies } from './evaluation/latency.js'
export { type LatencySource, pruneToLatency } from './evaluation/latency-target.js'
export type { UnitGradients } from './evaluation/new-unit-gradients.js'
export {
  type Classifier,
  type ClassifierError,
  type ClassProbability,
  type Predict,
  predict,
} from './evaluation/predict.js'
export { accuracyOf, lossOf, type Score, softmax } from './evaluation/score.js'
export { statisticsAt, statisticsAtEach } from './evaluation/statistics.js'
export { type FadedChannels, fadedChannels, gradientUtility } from './fade/fade.js'
export { candidateGradients } from './growth/candidate-gradients.js'
export { gradientRatio } from './growth/gradient-ratio.js'
export type { NewPart, NewRate } from './growth/new-rate.js'
export { dirac } from './initial/dirac.js'
export { checkFirstConv, whiten } from './initial/whiten.js'
export type { Grid } from './latency/interpolate.js'
export type { WorkKind } from './latency/layer-work.js'
export { measureLatencyTable, type TableAxes, usualAxes } from './latency/measure-table.js'
export { type LatencyTable, latencyTableCodec, predictLatency } from './latency/table.js'
export {
  type AlignTerms,
  type Average,
  alignment,
  type ClassWeights,
  type CriterionName,
  type Distill,
  defaultNormalize,
  type EvidenceName,
  type FadeOptions,
  fadeDefaults,
  type MaskOptions,
  noTerms,
  type PlannedPrune,
  type PushOptions,
  pushDefaults,
  type TrainOptions,
  trainDefaults,
} from './options.js'
export { type Advice, adviceFor } from './profile/advice.js'
export { type Profile, profileInference, profilePhase } from './profile/profile.js'
export { type PushTerm, pushTerm, type TermInputs } from './push/push-term.js'
export { recipe } from './recipe.js'
export type { ReconstructOptions } from './repair/fit-layer.js'
export { recalibrate } from './repair/recalibrate.js'
export { reconstruct } from './repair/reconstruct.js'
export { refitHead } from './repair/refit-head.js'
export type { ScarceFit } from './repair/scarce-fits.js'
export type { Learner } from './training/learner.js'
export {
  constant,
  cosine,
  factorAt,
  type LearningRateSchedule,
  step,
  triangular,
} from './training/learning-rate.js'
export type { BestEpoch, Keeping, Review } from './training/phase.js'
export {
  atStart,
  type Calls,
  type Epoch,
  type Phase,
  type PhaseObserver,
  type Position,
  type StepProgress,
} from './training/phase.js'
export type { Teacher } from './training/train.js'
export { runPhase } from './training/training-loop.js'
export { type LearnContext, push, train } from './training/transforms.js'
