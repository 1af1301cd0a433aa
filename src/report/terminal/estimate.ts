/** The time that is left, where it is known. */
import { roughly } from '../text/numbers.js'

/** Seconds of a clock that is never set. */
export const steadily = (): number => performance.now() / 1000

/** Seconds before an estimate is worth telling. */
const patience = 1

/** `about 40 s left`, for what is left after so much was done in so many seconds; nothing at first. */
export const estimate = (left: number, done: number, seconds: number): readonly string[] =>
  seconds >= patience && done > 0 ? [`about ${roughly((left * seconds) / done)} left`] : []
