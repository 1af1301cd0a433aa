/** Optimizers as operations of the training graph: from gradients to changed weights, in one call. */
import { isKeyOf } from '../net/weight-specs.js'
import { optionsOf, withArity } from '../net/words/options.js'
import type { Value } from './graph.js'
import * as op from './operations.js'

/** Stochastic gradient descent with momentum; `weightDecay` is an L2 penalty on kernels. */
export interface Sgd {
  readonly _tag: 'sgd'
  readonly momentum: number
  readonly nesterov: boolean
  readonly weightDecay: number
}

/** Adam with decoupled decay of kernels. Source  Loshchilov and Hutter 2019 */
export interface AdamW {
  readonly _tag: 'adamw'
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
}

/** How weights are updated, as data. */
export type Optimizer = Sgd | AdamW

/** By default Nesterov momentum 0.9 and weight decay 5e-4. */
export const sgd = withArity(
  1,
  (options: Partial<Omit<Sgd, '_tag'>> = {}): Sgd => ({
    _tag: 'sgd',
    momentum: 0.9,
    nesterov: true,
    weightDecay: 5e-4,
    ...optionsOf(options),
  }),
)

/** By default β = 0.9, 0.999, ε = 1e-8 and weight decay 0.01. */
export const adamw = withArity(
  1,
  (options: Partial<Omit<AdamW, '_tag'>> = {}): AdamW => ({
    _tag: 'adamw',
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0.01,
    ...optionsOf(options),
  }),
)

/** A weight and the gradient of the loss with respect to it. */
export interface WeightGradient {
  readonly key: string
  readonly weight: Value
  readonly gradient: Value
}

/** √Σ g², over every gradient. */
export const normOf = (gradients: readonly WeightGradient[]): Value =>
  op.sqrt(
    gradients
      .map(({ gradient }) => op.sum(op.square(gradient)))
      .reduce((a, b) => op.add(a, b), op.constant(0)),
  )

/** Scales all gradients alike so that their common norm is at most `limit`. Source  Pascanu et al. 2013 */
export const clip =
  (limit: number) =>
  (gradients: readonly WeightGradient[]): readonly WeightGradient[] => {
    const factor = op.minimum(op.div(limit, op.maximum(normOf(gradients), 1e-12)), 1)
    return gradients.map(each => ({ ...each, gradient: op.mul(each.gradient, factor) }))
  }

/** Norms and biases are not decayed. */
const isDecayed = isKeyOf('kernel')

const sgdUpdate =
  ({ momentum, nesterov, weightDecay: decay }: Sgd, rate: Value) =>
  ({ key, weight, gradient }: WeightGradient): Value => {
    const penalized = decay > 0 && isDecayed(key) ? op.add(gradient, op.mul(weight, decay)) : gradient
    return op.momentum(key, penalized, rate, { momentum, nesterov })
  }

const adamUpdate =
  ({ weightDecay: decay, ...constants }: AdamW, rate: Value, powers: readonly [Value, Value]) =>
  ({ key, weight, gradient }: WeightGradient): Value => {
    const updated = op.adam(key, gradient, rate, powers, constants)
    return decay > 0 && isDecayed(key)
      ? op.assign(key, op.sub(updated, op.mul(weight, op.mul(rate, decay))))
      : updated
  }

/** The learning rate, fed at each step beside the batch. */
export const rateInput: Value = op.input('rate', [])
const powerInputs = [op.input('beta1', []), op.input('beta2', [])] as const

/**
 * The changed weights, one update for each gradient; the call must be fed what `optimizerFeeds` gives.
 *
 * Law  a learning rate of 0 changes no weight
 */
export const updatesOf =
  (optimizer: Optimizer, rate: Value = rateInput) =>
  (gradients: readonly WeightGradient[]): readonly Value[] =>
    gradients.map(
      optimizer._tag === 'sgd' ? sgdUpdate(optimizer, rate) : adamUpdate(optimizer, rate, powerInputs),
    )

/** The learning rate and, for Adam, β₁ᵗ and β₂ᵗ at step t, counted from 0. */
export const optimizerFeeds = (
  optimizer: Optimizer,
  rate: number,
  step: number,
): Readonly<Record<string, Float32Array>> => ({
  rate: Float32Array.of(rate),
  ...(optimizer._tag === 'adamw' && {
    beta1: Float32Array.of(optimizer.beta1 ** (step + 1)),
    beta2: Float32Array.of(optimizer.beta2 ** (step + 1)),
  }),
})
