/** A learning rate of their own for the weights that growing has added, in the first training after it. */
import type { Feeds } from '../../engine/engine.js'
import { isUpdate, type Value } from '../../graph/graph.js'
import * as op from '../../graph/operations.js'
import type { WeightGradient } from '../../graph/optimizer.js'
import type { Weights } from '../../net/weights.js'
import type { TrainOptions } from '../options.js'
import { gradientRatio, newMaskOf } from './gradient-ratio.js'

/**
 * What the learning rate is multiplied by for new weights: a number, or with `'balance'` one that rises while their gradient
 * is smaller than that of the old ones, and falls while it is larger. What begins as zeros has no gradient behind it, which
 * grows with it.
 */
export type NewRate = number | 'balance'

/** The rate of new weights, and the slots that hold their masks and the factor. */
export interface NewPart {
  readonly rate: NewRate
  readonly slots: Weights
}

/** The variable of the factor that balances. */
const factorKey = 'newRate'

const isOfNewPart = (key: string): boolean => key === factorKey || key.endsWith('/new')

const chooseSlots = (slots: Weights, isChosen: (key: string) => boolean): Weights =>
  Object.fromEntries(Object.entries(slots).filter(([key]) => isChosen(key)))

/** The slots that say what is new. */
export const onlyNewPart = (slots: Weights): Weights => chooseSlots(slots, isOfNewPart)

/** The slots with nothing new any more. */
export const withoutNewPart = (slots: Weights): Weights => chooseSlots(slots, key => !isOfNewPart(key))

const firstFactor: Weights = { [factorKey]: { shape: [], data: Float32Array.of(1) } }

/** What is new in a training that begins or goes on with these slots; `null` where nothing is, or it has no rate of its own. */
export const newPartOf = (rate: NewRate | null, slots: Weights): NewPart | null => {
  const own = onlyNewPart(slots)
  return rate === null || Object.keys(own).length === 0 ? null : { rate, slots: { ...firstFactor, ...own } }
}

/** The factor stays between 1/5 and 5: a module on drawn glyphs learnt worse at ten times the rate than at three. */
const mostFactor = 5

/** After an epoch in which the ratio is 1/2 throughout, the factor is 2³ times as large. */
const gainOfEpoch = 3

const gainInput = op.input('newRateGain', [])

/** The share of that gain of one step. */
export const newRateFeeds =
  (part: NewPart | null, { epochs }: Pick<TrainOptions, 'epochs'>) =>
  (steps: number): Feeds =>
    part?.rate === 'balance' ? { newRateGain: Float32Array.of((gainOfEpoch * epochs) / steps) } : {}

const factor = op.weight(factorKey, [])

/** The factor over the ratio to the power of the step's gain, within its bounds. */
const balanceFactor = (ratio: Value): Value => {
  const bounded = op.minimum(op.maximum(ratio, 1 / mostFactor), mostFactor)
  const next = op.div(factor, op.exp(op.mul(gainInput, op.log(bounded))))
  return op.assign(factorKey, op.minimum(op.maximum(next, 1 / mostFactor), mostFactor))
}

/** A weight's step times the factor where it is new. */
const scaleStep =
  ({ rate, slots }: NewPart, weights: ReadonlyMap<string, Value>) =>
  (update: Value): Value => {
    const key = isUpdate(update.op) ? update.op.name : ''
    const [mask, weight] = [newMaskOf(slots, key), weights.get(key)]
    if (mask === null || weight === undefined) return update
    const more = op.mul(mask, op.sub(rate === 'balance' ? factor : op.constant(rate), 1))
    return op.assign(key, op.add(update, op.mul(more, op.sub(update, weight))))
  }

/**
 * The updates of a step, those of new weights at their own rate.
 *
 * Law     a factor of 1 changes no update; a step of new weights is as long as with the learning rate times the factor
 * Source  Yuan et al. 2023 (arXiv 2306.12700) for a rate of their own; to balance gradients is this project's own
 */
export const withNewRate =
  (part: NewPart | null, weights: ReadonlyMap<string, Value>, gradients: readonly WeightGradient[]) =>
  (updates: readonly Value[]): readonly Value[] =>
    part === null
      ? updates
      : [
          ...updates.map(scaleStep(part, weights)),
          ...(part.rate === 'balance' ? [balanceFactor(gradientRatio(part.slots)(gradients))] : []),
        ]
