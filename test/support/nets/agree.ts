/** How far arrays of numbers are apart, and whether float32 can be expected to follow float64 at all. */
import { stream } from '../../../src/net/random.js'

export type Numbers = Readonly<Record<string, ArrayLike<number>>>

/** By name of an array, how far its values may be apart for no reason but rounding. */
export type Noise = Readonly<Record<string, number>>

const largest = (values: ArrayLike<number>, least = 0): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), least)

/** The largest difference beyond noise, relative to the largest value of the same array. */
export const apart = (expected: Numbers, got: Numbers, noise: Noise = {}): number =>
  Object.entries(expected).reduce((worst, [name, values]) => {
    const here = got[name] ?? []
    if (here.length !== values.length) return Number.POSITIVE_INFINITY
    const [scale, free] = [largest(values, 1e-2), noise[name] ?? 0]
    return Array.from(values).reduce((most, value, i) => {
      const difference = Math.max(0, Math.abs(value - (here[i] ?? Number.NaN)) - free) / scale
      return difference > most || Number.isNaN(difference) ? difference : most
    }, worst)
  }, 0)

/** How far each array is from what disturbed computations gave: of a sum that cancels, float32 keeps no more. */
export const noiseOf = (expected: Numbers, disturbed: readonly Numbers[]): Noise =>
  Object.fromEntries(
    Object.entries(expected).map(([name, values]) => {
      const differences = disturbed.map(each =>
        largest(Array.from(values, (value, i) => value - (each[name]?.[i] ?? Number.NaN))),
      )
      return [name, Math.max(0, ...differences)]
    }),
  )

/** Each value changed by up to this share of it; by default a hundred times the precision of float32. */
export const shaken =
  (seed: number, share = 1e-5) =>
  (values: ArrayLike<number>): Float64Array<ArrayBuffer> => {
    const draw = stream(seed, 'shaken')
    return Float64Array.from(values, value => value * (1 + share * (2 * draw() - 1)))
  }
