/** Optimizers as operations of the training graph: from gradients to changed weights, in one call. */
import { optionsOf } from '../net/words/options.js'
import type { Value } from './graph.js'
import * as op from './operations.js'

/** Stochastic gradient descent with momentum; `decay` is an L2 penalty on kernels. */
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

/** What moves the weights, as data. */
export type Optimizer = Sgd | AdamW

/** Nesterov momentum 0.9 and decay 5e-4 unless told. */
export const sgd = (options: Partial<Omit<Sgd, '_tag'>> = {}): Sgd => ({
  _tag: 'sgd',
  momentum: 0.9,
  nesterov: true,
  weightDecay: 5e-4,
  ...optionsOf(options),
})

/** β = 0.9, 0.999, ε = 1e-8 and decay 0.01 unless told. */
export const adamw = (options: Partial<Omit<AdamW, '_tag'>> = {}): AdamW => ({
  _tag: 'adamw',
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  ...optionsOf(options),
})

/** A weight and the gradient of the loss by it. */
export interface WeightGradient {
  readonly key: string
  readonly weight: Value
  readonly gradient: Value
}

/** √Σ g², over every gradient. */
export const normOf = (slopes: readonly WeightGradient[]): Value =>
  op.sqrt(
    slopes.map(({ gradient }) => op.sum(op.square(gradient))).reduce((a, b) => op.add(a, b), op.constant(0)),
  )

/** Scales all gradients alike so that their common norm is at most `limit`. Source  Pascanu et al. 2013 */
export const clip =
  (limit: number) =>
  (slopes: readonly WeightGradient[]): readonly WeightGradient[] => {
    const factor = op.minimum(op.div(limit, op.maximum(normOf(slopes), 1e-12)), 1)
    return slopes.map(slope => ({ ...slope, gradient: op.mul(slope.gradient, factor) }))
  }

/** Norms and biases are not decayed. */
const decays = (key: string): boolean => key.endsWith('/kernel')

const descend =
  ({ momentum, nesterov, weightDecay: decay }: Sgd, rate: Value) =>
  ({ key, weight, gradient }: WeightGradient): Value => {
    const pulled = decay > 0 && decays(key) ? op.add(gradient, op.mul(weight, decay)) : gradient
    return op.momentum(key, pulled, rate, { momentum, nesterov })
  }

const adapt =
  ({ weightDecay: decay, ...constants }: AdamW, rate: Value, powers: readonly [Value, Value]) =>
  ({ key, weight, gradient }: WeightGradient): Value => {
    const stepped = op.adam(key, gradient, rate, powers, constants)
    return decay > 0 && decays(key)
      ? op.assign(key, op.sub(stepped, op.mul(weight, op.mul(rate, decay))))
      : stepped
  }

/** What the optimizer is fed at each step beside the batch. */
export const rateInput: Value = op.input('rate', [])
const powerInputs = [op.input('beta1', []), op.input('beta2', [])] as const

/**
 * The changed weights, one update a slope; the call must be fed what `optimizerFeeds` gives.
 *
 * Law  a zero rate changes no weight
 */
export const updatesOf =
  (optimizer: Optimizer, rate: Value = rateInput) =>
  (slopes: readonly WeightGradient[]): readonly Value[] =>
    slopes.map(optimizer._tag === 'sgd' ? descend(optimizer, rate) : adapt(optimizer, rate, powerInputs))

/** The rate and, for Adam, β₁ᵗ and β₂ᵗ at step t, counted from 0. */
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
