/** The words of DSL files, and the functions that initialise and count a net. Other functions are in the sub-paths. */
export {
  type Augmentation,
  alternatingFlip,
  colorJitter,
  cutout,
  flip,
  randomAffine,
  randomCrop,
  randomResizedCrop,
  shift,
} from './data/pipeline/augment.js'
export {
  type Colour,
  cifar10,
  cifar100,
  type DataOptions,
  type DataSpec,
  glyphs,
  type ImageCsvOptions,
  type ImageFolderOptions,
  imageCsv,
  imageFolder,
  mnist,
  type TfdsOptions,
  tfds,
  tfrecord,
} from './data/spec.js'
export { adamw, sgd } from './graph/optimizer.js'
export { layer } from './graph/own-layer.js'
export { criterion } from './learn/criteria/named-criterion.js'
export { alignment, type ClassWeights, type CriterionName, type Distill, noTerms } from './learn/options.js'
export { pushTerm } from './learn/push/push-term.js'
export { recipe } from './learn/recipe.js'
export { constant, cosine, step, triangular } from './learn/training/learning-rate.js'
export { countMacs, countParams } from './net/counts.js'
export { type CheckedNet, infer } from './net/infer.js'
export type { Shape } from './net/shape.js'
export type { Layer, Net } from './net/tree.js'
export { init, type Model, type Tensor, type Weights } from './net/weights.js'
export {
  elu,
  gelu,
  geluTanh,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  relu,
  relu6,
  sigmoid,
  swish,
  tanh,
} from './net/words/activations.js'
export {
  channelShuffle,
  channelSlice,
  gate,
  type SqueezeExciteOptions,
  squeezeExcite,
} from './net/words/channels.js'
export {
  concat,
  type InceptionOptions,
  identity,
  inception,
  net,
  type ResidualOptions,
  repeat,
  residual,
  separable,
  stack,
  sum,
  withName,
} from './net/words/combinators.js'
export { from, type GivenModel } from './net/words/from.js'
export {
  type AvgPoolOptions,
  avgPool,
  batchNorm,
  type ConvBnActOptions,
  type ConvOptions,
  conv,
  convBnAct,
  type DenseOptions,
  dense,
  depthwise,
  depthwiseBnAct,
  dropout,
  dropPath,
  flatten,
  type GroupOptions,
  globalAvgPool,
  globalMaxPool,
  image,
  layerNorm,
  layerScale,
  maxPool,
  type PoolOptions,
} from './net/words/leaves.js'
export type { AnyWord, MapWord, SomeWord, StackWord, VectorWord, Word } from './net/words/types.js'
export { type WithHead, withHead } from './net/words/with-head.js'
export { without } from './net/words/without.js'
export {
  type Experiment,
  type ExperimentWord,
  experiment,
  type PlannedExperiment,
} from './run/schedule/experiment.js'
export { grow } from './run/schedule/growth-plan.js'
export {
  distill,
  initialize,
  type PruneStepOptions,
  type PruneWhileTrainingWord,
  type PushStepOptions,
  prune,
  push,
  type RegrowOptions,
  regrow,
  type TrainStepOptions,
  train,
  untilTarget,
  type Within,
  type WithinWord,
  whileAccuracy,
} from './run/schedule/schedule.js'
export type { Step, Train } from './run/schedule/steps.js'
export { defaultFloor } from './run/schedule/words/prune-defaults.js'
export { type AblationOptions, type AblationWord, ablation } from './run/study/ablation.js'
export { type Study, type StudyWord, study, type Variant, type VariantOptions } from './run/study/study.js'
export { growthRule } from './surgery/grow/rule.js'
