/** Channels of a layer that a criterion cannot tell apart, told apart by another. */
import type { Utilities } from './rank.js'

const counted = (utilities: ArrayLike<number>): ReadonlyMap<number, number> =>
  Array.from(utilities).reduce(
    (times, each) => times.set(each, (times.get(each) ?? 0) + 1),
    new Map<number, number>(),
  )

/** A millionth of the least step between two that differ, of their size where all are equal. */
const hardlyAnything = (utilities: ArrayLike<number>): number => {
  const sorted = [...new Set(Array.from(utilities))].sort((a, b) => a - b)
  const steps = sorted.slice(1).map((each, i) => each - (sorted[i] ?? 0))
  const least = steps.length > 0 ? Math.min(...steps) : Math.abs(sorted[0] ?? 0)
  return 1e-6 * Math.max(least, Number.EPSILON)
}

const apart = (utilities: ArrayLike<number>, others: ArrayLike<number>): ArrayLike<number> => {
  const times = counted(utilities)
  const little = hardlyAnything(utilities)
  const sorted = Array.from(others).sort((a, b) => a - b)
  return Float64Array.from(utilities, (each, channel) => {
    const below = sorted.indexOf(others[channel] ?? 0) / sorted.length
    return (times.get(each) ?? 0) > 1 ? each - little * (1 - below) : each
  })
}

/** Whether two channels of one layer are worth the same. */
export const hasTies = (utilities: Utilities): boolean =>
  Object.values(utilities).some(each => new Set(Array.from(each)).size < each.length)

/**
 * Utilities of which those equal within a layer go by others'; a layer the others do not speak of keeps its ties.
 *
 * Law  what differed keeps its order and its value
 */
export const breakTies =
  (others: Utilities) =>
  (utilities: Utilities): Utilities =>
    Object.fromEntries(
      Object.entries(utilities).map(([path, each]) => {
        const second = others[path]
        return [path, second === undefined ? each : apart(each, second)]
      }),
    )
