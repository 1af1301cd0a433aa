/** From utilities of layers to one score for each wire, comparable over the whole net. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { sum } from '../../io/count.js'
import { elementAt, valueAt } from '../../io/element.js'
import type { Path } from '../../net/path.js'
import { isInside } from '../../net/path.js'
import { type Analysis, checkPaths } from '../analysis/analysis.js'
import type { AddressError, UtilityError } from '../error.js'

/** The utility of each channel of a layer: one number for each, by the layer's path. */
export type Utilities = Readonly<Record<Path, ArrayLike<number>>>

/**
 * How utilities of different layers are made comparable.
 *
 * - `raw`     not at all: a utility is the loss that removing the channel costs, in any layer
 * - `global`  each layer's utilities divided by their L2 norm (Molchanov et al. 2017)
 * - `eta`     divided by σ, the standard deviation of the layer's positive utilities (Tian, Arbel, Clark 2021)
 * - `layer`   the share of its group with a lower score, so that each group loses the same share
 */
export type Normalize = 'raw' | 'global' | 'eta' | 'layer'

/** How the scores of channels that are removed together are combined. */
export type Combine = 'sum' | 'mean' | 'max'

export interface Ranked {
  /** By wire; those without a utility score 0 and are no candidates. */
  readonly score: Float64Array
  /** By wire, 1 where it has a utility. */
  readonly seen: Uint8Array
  /** By layer, the score of its best channel. */
  readonly best: ReadonlyMap<Path, number>
}

const numbers = (utilities: ArrayLike<number>): readonly number[] => Array.from(utilities)

/** Standard deviation of the positive ones. */
const deviation = (utilities: readonly number[]): number => {
  const positive = utilities.filter(each => each > 0)
  const mean = sum(positive) / positive.length
  return positive.length === 0
    ? 0
    : Math.sqrt(positive.reduce((sum, each) => sum + (each - mean) ** 2, 0) / positive.length)
}

/** Where all are equal, positive utilities are infinite. */
const divideByDeviation = (utilities: readonly number[]): readonly number[] => {
  const sigma = deviation(utilities)
  return utilities.map(each => (sigma > 0 ? each / sigma : each > 0 ? Number.POSITIVE_INFINITY : 0))
}

const divideByNorm = (utilities: readonly number[]): readonly number[] => {
  const norm = Math.hypot(...utilities)
  return utilities.map(each => (norm > 0 ? each / norm : 0))
}

const normalizers: { readonly [R in Normalize]: (utilities: readonly number[]) => readonly number[] } = {
  raw: utilities => utilities,
  global: divideByNorm,
  eta: divideByDeviation,
  layer: divideByNorm,
}

const checkLayer =
  ({ wiring }: Analysis) =>
  ([at, utilities]: readonly [Path, ArrayLike<number>]): E.Either<UtilityError, void> => {
    const expected = valueAt(wiring.out, at).length
    if (utilities.length !== expected)
      return E.left({ _tag: 'WrongLength', at, expected, got: utilities.length })
    const channel = numbers(utilities).findIndex(each => !Number.isFinite(each))
    return channel < 0
      ? E.right(undefined)
      : E.left({ _tag: 'NotFinite', at, channel, value: utilities[channel] ?? Number.NaN })
  }

/** Whether utilities are those of this net's layers. Errors  UnknownPath, WrongLength, NotFinite */
export const checkUtilities =
  (analysis: Analysis) =>
  (utilities: Utilities): E.Either<AddressError | UtilityError, void> =>
    pipe(
      Object.keys(utilities),
      checkPaths('utilities', analysis.layers),
      E.flatMap(() =>
        Object.entries(utilities).reduce<E.Either<AddressError | UtilityError, void>>(
          (before, entry) =>
            pipe(
              before,
              E.flatMap(() => checkLayer(analysis)(entry)),
            ),
          E.right(undefined),
        ),
      ),
    )

/** Combines the scores of each wire. */
const combineScores = (count: number, how: Combine) => {
  const [total, seen] = [new Float64Array(count), new Float64Array(count)]
  const add = (each: number, score: number): void => {
    const before = elementAt(total, each)
    total[each] = how !== 'max' ? before + score : seen[each] === 0 ? score : Math.max(before, score)
    seen[each] = elementAt(seen, each) + 1
  }
  const done = (): Float64Array =>
    how === 'mean' ? total.map((sum, each) => sum / Math.max(elementAt(seen, each), 1)) : total
  return { add, done, seen }
}

/** By wire, the share of its group with a lower score. */
const quantiles = ({ groups }: Analysis, score: Float64Array): Float64Array => {
  const shares = new Float64Array(score.length)
  for (const { wires } of groups)
    [...wires]
      .sort((a, b) => elementAt(score, a) - elementAt(score, b) || a - b)
      .forEach((each, below) => {
        shares[each] = below / wires.length
      })
  return shares
}

/**
 * Scores the wires of a net. Scores of a group are combined after they are made comparable: summed where utilities
 * are raw, since first-order effects add; else averaged, so that a score does not depend on the number of layers.
 */
export const rankChannels =
  (normalize: Normalize, combine: Combine = normalize === 'raw' ? 'sum' : 'mean') =>
  (analysis: Analysis, utilities: Utilities): Ranked => {
    const { add, done, seen } = combineScores(analysis.wiring.count, combine)
    const best = new Map<Path, number>()
    for (const [path, given] of Object.entries(utilities)) {
      const scores = normalizers[normalize](numbers(given))
      const wires = analysis.wiring.out.get(path) ?? []
      wires.forEach((each, channel) => {
        add(each, elementAt(scores, channel))
      })
      best.set(
        path,
        scores.reduce((top, each) => Math.max(top, each), Number.NEGATIVE_INFINITY),
      )
    }
    const score = done()
    return {
      score: normalize === 'layer' ? quantiles(analysis, score) : score,
      seen: Uint8Array.from(seen, times => (times > 0 ? 1 : 0)),
      best: normalize === 'layer' ? new Map() : best,
    }
  }

/** Residuals in whose body no channel reaches the threshold. */
export const residualsBelow = (
  residuals: readonly (readonly [path: Path, body: Path])[],
  best: Ranked['best'],
  threshold: number,
): ReadonlySet<Path> =>
  new Set(
    residuals.flatMap(([path, body]) => {
      const inside = [...best].filter(([layer]) => isInside(body, layer)).map(([, score]) => score)
      return inside.length > 0 && inside.every(score => score < threshold) ? [path] : []
    }),
  )
