/** Ties of a criterion within a layer, broken by another criterion. */
import { countEach } from '../../io/count.js'
import { elementAt, valueAt } from '../../io/element.js'
import type { Utilities } from './rank.js'

/** A millionth of the least difference of two values; of their size where all are equal. */
const smallStep = (utilities: ArrayLike<number>): number => {
  const sorted = [...new Set(Array.from(utilities))].sort((a, b) => a - b)
  const steps = sorted.slice(1).map((each, i) => each - elementAt(sorted, i))
  const least = steps.length > 0 ? Math.min(...steps) : Math.abs(sorted[0] ?? 0)
  return 1e-6 * Math.max(least, Number.EPSILON)
}

const breakLayerTies = (utilities: ArrayLike<number>, others: ArrayLike<number>): ArrayLike<number> => {
  const times = countEach(Array.from(utilities))
  const step = smallStep(utilities)
  const sorted = Array.from(others).sort((a, b) => a - b)
  return Float64Array.from(utilities, (each, channel) => {
    const below = sorted.indexOf(elementAt(others, channel)) / sorted.length
    return valueAt(times, each) > 1 ? each - step * (1 - below) : each
  })
}

/**
 * Utilities in which those equal within a layer are ordered by others; a layer without others keeps its ties.
 *
 * Law  utilities that differ keep their order and their values
 */
export const breakTies =
  (others: Utilities) =>
  (utilities: Utilities): Utilities =>
    Object.fromEntries(
      Object.entries(utilities).map(([path, each]) => {
        const second = others[path]
        return [path, second === undefined ? each : breakLayerTies(each, second)]
      }),
    )
