/** Criteria on the weights alone, and the division of any criterion by cost. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { checkSeed, stream } from '../../net/random.js'
import { channelsOf } from '../../net/shape.js'
import { weightKey } from '../../net/weight-specs.js'
import { checkWeights, type Model, type Tensor, type Weights } from '../../net/weights.js'
import type { Channel } from '../analysis/analysis.js'
import { scaledUnits } from '../analysis/norms.js'
import type { PruneError } from '../error.js'
import { type Cost, costsOf } from './cost.js'
import type { Utilities } from './rank.js'

/**
 * From a model, and measurements of it where the criterion needs them, to one utility for each channel. A criterion
 * that needs none can be used wherever a criterion is expected, also as the `by` of `prune`.
 */
export type Criterion<Seen = unknown, Failure = PruneError> = (
  model: Model,
  seen: Seen,
) => E.Either<Failure, Utilities>

/** The layers that make channels of their own, with their number. */
const makersOf = ({ layers }: CheckedNet): readonly (readonly [Path, number])[] =>
  [...layers.values()].flatMap(({ path, layer, output }) =>
    layer._tag === 'conv' || layer._tag === 'dense' ? [[path, channelsOf(output)] as const] : [],
  )

/** A criterion on the weights of a model that fits its net. */
const weightCriterion =
  (utilities: (model: Model) => Utilities) =>
  (model: Model): E.Either<PruneError, Utilities> =>
    pipe(
      checkWeights(model),
      E.map(() => utilities(model)),
    )

/** A criterion on weights, layer by layer. */
const layerCriterion = (
  utility: (path: Path, channels: number, weights: Weights) => Float64Array,
): Criterion =>
  weightCriterion(model =>
    Object.fromEntries(
      makersOf(model).map(([path, channels]) => [path, utility(path, channels, model.weights)]),
    ),
  )

/** Σ f(w) over each filter. */
const sumFilters = (
  kernel: Tensor | undefined,
  channels: number,
  f: (value: number) => number,
): Float64Array => {
  const sums = new Float64Array(channels)
  const data = kernel?.data ?? new Float32Array()
  for (let from = 0; from < data.length; from += channels)
    for (let c = 0; c < channels; c++) sums[c] = (sums[c] ?? 0) + f(data[from + c] ?? 0)
  return sums
}

/** The control every criterion must beat: uniform in [0, 1), one stream for each layer. */
export const random = (seed: number): Criterion => {
  const drawn = layerCriterion((path, channels) => {
    const draw = stream(seed, `random/${path}`)
    return Float64Array.from({ length: channels }, () => draw())
  })
  return (...given) =>
    pipe(
      checkSeed(seed),
      E.flatMap(() => drawn(...given)),
    )
}

/** Σ|w| of each filter. Source  Li et al. 2017 */
export const l1: Criterion = layerCriterion((path, channels, weights) =>
  sumFilters(weights[weightKey(path, 'kernel')], channels, Math.abs),
)

/** √Σw² of each filter. */
export const l2: Criterion = layerCriterion((path, channels, weights) =>
  sumFilters(weights[weightKey(path, 'kernel')], channels, value => value ** 2).map(Math.sqrt),
)

/**
 * |γ| of each channel: of its unit's own batch norm, else the mean over the norms behind it; units without either
 * have no utility.
 *
 * Source  Liu et al. 2017
 */
export const bnScale: Criterion = weightCriterion(model =>
  Object.fromEntries(
    scaledUnits(model).map(({ path, scales }) => [
      path,
      Float64Array.from(scales, norms => meanScale(model.weights, norms)),
    ]),
  ),
)

const meanScale = (weights: Weights, norms: readonly Channel[]): number =>
  norms.reduce(
    (sum, { path, channel }) =>
      sum + Math.abs(elementAt(weights[weightKey(path, 'scale')]?.data ?? [], channel)),
    0,
  ) / norms.length

const divideByCosts =
  (costs: ReturnType<ReturnType<typeof costsOf>>, power: number) =>
  (utilities: Utilities): Utilities =>
    Object.fromEntries(
      Object.entries(utilities).map(([path, values]) => [
        path,
        Float64Array.from(values, (value, channel) => value / (costs[path]?.[channel] ?? 1) ** power),
      ]),
    )

/**
 * Another criterion, each utility divided by a power of what the channel costs.
 *
 * @example
 * prune({ keep: { macs: 0.5 }, by: perCost('macs', 0.5)(l1) })
 */
export const perCost =
  (cost: Cost, power: number) =>
  <Seen, Failure>(criterion: Criterion<Seen, Failure>): Criterion<Seen, Failure> =>
  (model, seen) =>
    pipe(criterion(model, seen), E.map(divideByCosts(costsOf(cost)(model), power)))
