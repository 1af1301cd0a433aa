/** An estimate of the time left. */
import { roughly } from '../text/numbers.js'

/** Seconds of a monotonic clock. */
export const monotonicSeconds = (): number => performance.now() / 1000

/** Seconds before an estimate is shown. */
const minSeconds = 1

/** `about 40 s left`, for what is left after so much was done in so many seconds; nothing at first. */
export const estimate = (left: number, done: number, seconds: number): readonly string[] =>
  seconds >= minSeconds && done > 0 ? [`about ${roughly((left * seconds) / done)} left`] : []
