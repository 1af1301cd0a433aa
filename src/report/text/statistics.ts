/** Several runs as one figure. */
import { sum, sumBy } from '../../io/count.js'
import { percent } from './numbers.js'

export const mean = (values: readonly number[]): number => sum(values) / Math.max(1, values.length)

/** The sample's standard deviation. */
export const deviation = (values: readonly number[]): number =>
  Math.sqrt(sumBy(values, value => (value - mean(values)) ** 2) / Math.max(1, values.length - 1))

/** `98.20 ± 0.08`, in percent. */
export const meanWithDeviation = (shares: readonly number[]): string => {
  const [first, ...others] = shares
  if (first === undefined) return ''
  return others.length === 0
    ? percent(first)
    : `${(100 * mean(shares)).toFixed(2)} ± ${(100 * deviation(shares)).toFixed(2)}`
}
