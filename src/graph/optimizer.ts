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
  /** Decay by rate · weightDecay apart from the gradient, whose momentum does not see it. */
  readonly decoupled: boolean
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
    decoupled: false,
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
  /** What the learning rate is multiplied by for this weight; 1 by default. */
  readonly rateFactor?: number
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

const scaleRate = (rate: Value, factor: number): Value => (factor === 1 ? rate : op.mul(rate, factor))

/** A weight after its update, decayed by rate · decay · the weight before it. */
const decayBy = (updated: Value, { key, weight }: WeightGradient, rate: Value, decay: number): Value =>
  op.assign(key, op.sub(updated, op.mul(weight, op.mul(rate, decay))))

const sgdUpdate =
  ({ momentum, nesterov, weightDecay, decoupled }: Sgd, commonRate: Value) =>
  (each: WeightGradient): Value => {
    const { key, weight, gradient, rateFactor = 1 } = each
    const rate = scaleRate(commonRate, rateFactor)
    const decay = isDecayed(key) ? weightDecay : 0
    const penalized = decay > 0 && !decoupled ? op.add(gradient, op.mul(weight, decay)) : gradient
    const updated = op.momentum(key, penalized, rate, { momentum, nesterov })
    return decay > 0 && decoupled ? decayBy(updated, each, rate, decay) : updated
  }

const adamUpdate =
  ({ weightDecay: decay, ...constants }: AdamW, commonRate: Value, powers: readonly [Value, Value]) =>
  (each: WeightGradient): Value => {
    const rate = scaleRate(commonRate, each.rateFactor ?? 1)
    const updated = op.adam(each.key, each.gradient, rate, powers, constants)
    return decay > 0 && isDecayed(each.key) ? decayBy(updated, each, rate, decay) : updated
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
