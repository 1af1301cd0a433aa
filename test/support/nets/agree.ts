/** How far arrays of numbers are apart, and whether float32 can be expected to follow float64 at all. */
import { stream } from '../../../src/net/random.js'

export type Numbers = Readonly<Record<string, ArrayLike<number>>>

/** The largest difference, relative to the largest value of the same array. */
export const apart = (expected: Numbers, got: Numbers): number =>
  Object.entries(expected).reduce((worst, [name, values]) => {
    const here = got[name] ?? []
    if (here.length !== values.length) return Number.POSITIVE_INFINITY
    const list = Array.from(values)
    const scale = list.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-2)
    return list.reduce((most, value, i) => {
      const difference = Math.abs(value - (here[i] ?? Number.NaN)) / scale
      return difference > most || Number.isNaN(difference) ? difference : most
    }, worst)
  }, 0)

/** Each value changed by up to a hundred times the precision of float32. */
export const shaken =
  (seed: number) =>
  (values: ArrayLike<number>): Float64Array => {
    const draw = stream(seed, 'shaken')
    return Float64Array.from(values, value => value * (1 + 1e-5 * (2 * draw() - 1)))
  }
