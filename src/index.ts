/** The words of DSL files, and what plants and measures a net. The rooms behind them have doors of their own. */

export {
  type Augmentation,
  colorJitter,
  cutout,
  flip,
  randomCrop,
  randomResizedCrop,
  shift,
} from './data/augment.js'
export {
  cifar10,
  type DataOptions,
  type DataSpec,
  glyphs,
  imageFolder,
  mnist,
  tfrecord,
} from './data/spec.js'
export { adamw, sgd } from './graph/optimizer.js'
export { alignment, type CriterionName, noTerms, type Teaching } from './learn/options.js'
export { constant, cosine, step } from './learn/rate.js'
export {
  concat,
  identity,
  inception,
  type Module,
  named,
  net,
  type ResidualOptions,
  repeat,
  residual,
  separable,
  stack,
} from './net/combinators.js'
export { macsOf, paramsOf } from './net/count.js'
export { infer } from './net/infer.js'
export type { Layer, Net } from './net/layer.js'
export type { Shape } from './net/shape.js'
export { type Model, plant, type Tensor, type Weights } from './net/weights.js'
export type { AnyWord, MapWord, VectorWord, Word } from './net/word.js'
export {
  avgPool,
  type ConvOptions,
  conv,
  type DenseOptions,
  dense,
  depthwise,
  dropout,
  flatten,
  globalAvgPool,
  image,
  maxPool,
  norm,
  type PoolOptions,
  relu,
  relu6,
  sigmoid,
  swish,
  tanh,
} from './net/words.js'
export { ablation } from './run/ablation.js'
export { type Experiment, experiment } from './run/experiment.js'
export { grow } from './run/plan.js'
export {
  defaultFloor,
  type PushWord,
  prune,
  push,
  type Step,
  teaching,
  train,
  untilTarget,
  whileAccuracy,
} from './run/schedule.js'
export { study } from './run/study.js'
