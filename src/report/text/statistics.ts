/** Several runs as one figure. */
import { percent } from './numbers.js'

export const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

/** The sample's standard deviation. */
export const deviation = (values: readonly number[]): number =>
  Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / Math.max(1, values.length - 1),
  )

/** `98.20 ± 0.08`, in percent. */
export const meanWithDeviation = (shares: readonly number[]): string =>
  shares.length === 0
    ? ''
    : shares.length === 1
      ? percent(shares[0] ?? 0)
      : `${(100 * mean(shares)).toFixed(2)} ± ${(100 * deviation(shares)).toFixed(2)}`
