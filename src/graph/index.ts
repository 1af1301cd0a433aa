/** Primitive operations: lowering, the reverse pass and its rules, losses, optimizers. */
export { differentiate } from './differentiate.js'
export { deconvolution, gradient, type Rule, type Rules } from './gradient-rules.js'
export {
  type Binary,
  type Graph,
  inputsOf,
  type Kind,
  type Op,
  type OpOf,
  type PoolWindow,
  type Program,
  topologicalOrder,
  type Unary,
  type Update,
  type Value,
  valuesOf,
  variablesOf,
  type Window,
} from './graph.js'
export * from './loss.js'
export { type Lowered, lower } from './lower.js'
export type { LowerOptions, Mode, Statistic } from './lowering.js'
export * as op from './operations.js'
export * from './optimizer.js'
export { type LayerDefinition, layer, type OwnWeights, type OwnWord } from './own-layer.js'
export * from './separation.js'
