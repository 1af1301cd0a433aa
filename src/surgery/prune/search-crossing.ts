/** Where a falling reading of a count comes within a limit, in few readings. */
import * as E from 'fp-ts/lib/Either.js'

/** What was read at a count. */
export interface Reading {
  readonly count: number
  readonly reading: number
}

/** Counts between which the reading comes within the limit: at `low` it exceeds it, at `high` it does not. */
interface Bracket {
  readonly low: Reading
  readonly high: Reading
}

/** How far the interpolated count is moved towards the middle, as a share of the square of the bracket's width. */
const truncation = 0.2

/** The place where a straight line through both ends meets the limit, moved a little towards the middle. */
const interpolate = ({ low, high }: Bracket, limit: number, whole: number): number => {
  const width = high.count - low.count
  const middle = low.count + width / 2
  const line = low.count + (width * (low.reading - limit)) / (low.reading - high.reading)
  const shift = Math.min(Math.abs(middle - line), (truncation * width * width) / whole)
  return line + Math.sign(middle - line) * shift
}

/** The next count to read: the interpolated one, at most so far from the middle, strictly between both ends. */
const nextCount = (bracket: Bracket, limit: number, whole: number, radius: number): number => {
  const [low, high] = [bracket.low.count, bracket.high.count]
  const middle = (low + high) / 2
  const count = interpolate(bracket, limit, whole)
  const near = Math.min(Math.max(count, middle - radius), middle + radius)
  return Math.min(Math.max(Math.round(near), low + 1), high - 1)
}

/**
 * The smallest count up to a met one whose reading is within the limit, where readings fall as counts rise.
 *
 * Law     with one fewer, the limit is exceeded; at most two readings more than a bisection takes, and far fewer where the
 *         reading is smooth
 * Source  Oliveira and Takahashi 2021 (the ITP method)
 */
export const searchCrossing = <Err>(
  met: Reading,
  limit: number,
  read: (count: number) => E.Either<Err, number>,
): E.Either<Err, number> => {
  const none = read(0)
  if (E.isLeft(none)) return none
  if (none.right <= limit) return E.right(0)
  let bracket: Bracket = { low: { count: 0, reading: none.right }, high: met }
  let reach = 2 ** Math.ceil(Math.log2(Math.max(1, met.count))) // what a bisection with one reading to spare may still span
  while (bracket.high.count - bracket.low.count > 1) {
    const width = bracket.high.count - bracket.low.count
    const count = nextCount(bracket, limit, met.count, Math.max(0, reach - width / 2))
    const reading = read(count)
    if (E.isLeft(reading)) return reading
    const found = { count, reading: reading.right }
    bracket = found.reading <= limit ? { ...bracket, high: found } : { ...bracket, low: found }
    reach /= 2
  }
  return E.right(bracket.high.count)
}
