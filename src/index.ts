/** The public surface. */

export { colorJitter, cutout, flip, randomCrop, randomResizedCrop, shift } from './data/augment.js'
export { cifar10, glyphs, imageFolder, mnist, tfrecord } from './data/spec.js'
export { differentiate } from './graph/differentiate.js'
export { lower } from './graph/lower.js'
export { adamw, sgd } from './graph/optimizer.js'
export { deconvolution, gradient } from './graph/rules.js'
export { alignment } from './learn/push.js'
export { constant, cosine, step } from './learn/rate.js'
export type { Module, ResidualOptions } from './net/combinators.js'
export {
  concat,
  identity,
  inception,
  named,
  net,
  repeat,
  residual,
  separable,
  stack,
} from './net/combinators.js'
export { macsOf, paramsOf } from './net/count.js'
export { infer } from './net/infer.js'
export type { Layer, Net } from './net/layer.js'
export type { Model, Tensor, Weights } from './net/weights.js'
export { plant } from './net/weights.js'
export type { AnyWord, MapWord, VectorWord, Word } from './net/word.js'
export {
  avgPool,
  conv,
  dense,
  depthwise,
  dropout,
  flatten,
  globalAvgPool,
  image,
  maxPool,
  norm,
  relu,
  relu6,
  sigmoid,
  swish,
  tanh,
} from './net/words.js'
export type { Experiment } from './run/experiment.js'
export { experiment } from './run/experiment.js'
export { grow, prune, push, train, untilTarget, whileAccuracy } from './run/schedule.js'
