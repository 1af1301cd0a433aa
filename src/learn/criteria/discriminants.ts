/** How well pre-decision features separate the classes, and how many of them it takes, in plain numbers. */

import type { Batch } from '../../data/pipeline/batches.js'
import { elementAt } from '../../io/element.js'

/** Sums over images by class, enough for means and variances. Rows are classes, columns features. */
export interface Moments {
  readonly classes: number
  readonly size: number
  readonly counts: Float64Array
  readonly sums: Float64Array
  readonly squares: Float64Array
}

export const noMoments = (classes: number, size: number): Moments => ({
  classes,
  size,
  counts: new Float64Array(classes),
  sums: new Float64Array(classes * size),
  squares: new Float64Array(classes * size),
})

/** Adds a batch. Shapes  features [batch, size] */
export const addMoments =
  ({ labels, size: images }: Pick<Batch, 'labels' | 'size'>) =>
  (features: Float32Array) =>
  ({ classes, size, ...before }: Moments): Moments => {
    const [counts, sums, squares] = [before.counts.slice(), before.sums.slice(), before.squares.slice()]
    for (let i = 0; i < images; i++) {
      const label = elementAt(labels, i)
      counts[label] = elementAt(counts, label) + 1
      for (let j = 0; j < size; j++) {
        const value = features[i * size + j] ?? 0
        sums[label * size + j] = (sums[label * size + j] ?? 0) + value
        squares[label * size + j] = (squares[label * size + j] ?? 0) + value ** 2
      }
    }
    return { classes, size, counts, sums, squares }
  }

/** Each feature's means by class, and its variance within classes and between them. */
export interface ClassVariance {
  readonly means: Float64Array
  readonly overall: Float64Array
  readonly within: Float64Array
  readonly between: Float64Array
}

/**
 * Splits each feature's variance into that within classes and that between them.
 *
 * Shapes  means [classes, size]; overall, within, between [size]
 * Law     within + between is the variance over all images
 */
export const classVariance = ({ classes, size, counts, sums, squares }: Moments): ClassVariance => {
  const total = counts.reduce((a, b) => a + b, 0)
  const means = sums.map((sum, i) => sum / Math.max(1, elementAt(counts, Math.floor(i / size))))
  const perFeature = (f: (j: number) => number) => Float64Array.from({ length: size }, (_, j) => f(j))
  const overClasses = (f: (c: number) => number) => {
    let sum = 0
    for (let c = 0; c < classes; c++) sum += f(c)
    return sum
  }
  const overall = perFeature(j => overClasses(c => elementAt(sums, c * size + j)) / Math.max(1, total))
  const within = perFeature(
    j =>
      overClasses(
        c => elementAt(squares, c * size + j) - elementAt(counts, c) * elementAt(means, c * size + j) ** 2,
      ) / Math.max(1, total),
  )
  const between = perFeature(
    j =>
      overClasses(c => elementAt(counts, c) * (elementAt(means, c * size + j) - elementAt(overall, j)) ** 2) /
      Math.max(1, total),
  )
  return { means, overall, within: within.map(value => Math.max(0, value)), between }
}

const meanOf = (values: Float64Array): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

/** sw + 0.1 · mean sw: keeps nearly constant features from a huge separation. */
const floorVariance = ({ within }: ClassVariance): Float64Array => {
  const floor = 0.1 * meanOf(within) + 1e-12
  return within.map(value => value + floor)
}

/**
 * v = sb/(sw + floor): how well each feature separates the classes.
 *
 * Source  Tian, Arbel, Clark 2021; the floor is this project's own
 */
export const separationPower = (spread: ClassVariance): Float64Array => {
  const floor = floorVariance(spread)
  return spread.between.map((value, j) => value / elementAt(floor, j))
}

/** D[c][j] = max(0, m_cj − μ_j)/(sw_j + floor): how much larger a feature is for a class than for all. */
export const discriminantsOf = (spread: ClassVariance): Float64Array => {
  const floor = floorVariance(spread)
  const size = spread.overall.length
  return spread.means.map(
    (mean, i) => Math.max(0, mean - elementAt(spread.overall, i % size)) / elementAt(floor, i % size),
  )
}

/** How many of the largest values add up to `share` of the sum. */
export const featuresHolding = (share: number, values: Float64Array): number => {
  const sorted = [...values].sort((a, b) => b - a)
  const total = share * sorted.reduce((a, b) => a + b, 0)
  let sum = 0
  const at = sorted.findIndex(value => {
    sum += value
    return sum >= total
  })
  return at < 0 ? sorted.length : at + 1
}

/** The `count` best features, best first. */
export const bestFeatures = (count: number, power: Float64Array): readonly number[] =>
  [...power.keys()].sort((a, b) => elementAt(power, b) - elementAt(power, a) || a - b).slice(0, count)
