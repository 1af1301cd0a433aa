/** Primitive operations: lowering, the reverse pass and its rules, losses, optimizers. */
export { differentiate } from './differentiate.js'
export * from './loss.js'
export { type Lowered, type LowerOptions, lower, type Mode, type Statistic } from './lower.js'
export * as op from './ops.js'
export * from './optimizer.js'
export { deconvolution, gradient, type Rule, type Rules } from './rules.js'
export * from './separation.js'
export {
  type Graph,
  inOrder,
  inputsOf,
  type Kind,
  type Op,
  type Program,
  type Update,
  type Value,
  valuesOf,
  variablesOf,
} from './value.js'
