/** The F-statistic of each channel over the classes: a one-way analysis of variance of its pooled output. */

import * as E from 'fp-ts/lib/Either.js'
import { elementAt } from '../../io/element.js'
import type { Criterion } from '../../surgery/prune/criteria.js'
import type { Utilities } from '../../surgery/prune/rank.js'
import { classVariance, type Moments } from './discriminants.js'
import { type Evidence, measureUtilities } from './evidence.js'
import { type Activations, activations } from './lda.js'

/** Of the mean square: variance within classes below it is rounding. */
const rounding = 1e-12

/**
 * F = (SSB/(C − 1))/(SSW/(n − C)) of each feature, over the classes that have images: how much more its class means
 * differ than chance has them. A constant feature has 0; one that is constant within each class has a large one, but none
 * is infinite.
 *
 * Shapes  [size]
 * Law     scaling a feature changes nothing; for two classes it is the square of Student's t
 * Source  Fisher 1925; the same as `f_classif` of scikit-learn
 */
export const fStatistics = (moments: Moments): Float64Array => {
  const images = moments.counts.reduce((a, b) => a + b, 0)
  const classes = moments.counts.filter(count => count > 0).length
  const { overall, within, between } = classVariance(moments)
  const freedom = Math.max(1, images - classes) / Math.max(1, classes - 1)
  return between.map((value, j) => {
    const [inside, mean] = [elementAt(within, j), elementAt(overall, j)]
    const noise = rounding * (mean ** 2 + inside + value)
    return value <= noise ? 0 : (freedom * value) / Math.max(inside, noise)
  })
}

/** F of each unit's pooled output over the classes. */
export const fStatistic: Criterion<Activations> = (_, seen) =>
  E.right(Object.fromEntries([...seen].map(([path, moments]) => [path, fStatistics(moments)])))

/** Utilities by `fStatistic`. */
export const fStatisticUtilities: Evidence<Utilities> = measureUtilities(activations, fStatistic)
