/** Streams of random numbers, each a function of a seed and a key: nothing else is stored to resume. */

import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { closed, type DecodeError, decode, wholeFrom } from '../io/codec.js'
import { elementAt } from '../io/element.js'
import { largestSeed } from './limits/limits.js'

export const seedCodec = wholeFrom(0, largestSeed)

const withSeed = closed({ seed: seedCodec })

/** A seed from a caller. Errors  DecodeError unless it is a whole number from 0 to 2³² − 1 */
export const checkSeed = (seed: number): E.Either<DecodeError, number> =>
  pipe(
    decode(withSeed)({ seed }),
    E.map(() => seed),
  )

/** The next number, uniform in [0, 1). */
export type Stream = () => number

/** FNV-1a over the characters, then an avalanche, so that near keys give far streams. */
const hash = (text: string, start: number): number => {
  let h = start ^ 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The state of a generator; fields of numbers, since JavaScript engines step those fastest. */
interface State {
  a: number
  b: number
  c: number
  counter: number
}

/** 32 random bits. */
const nextBits = (state: State): number => {
  const { a, b, c, counter } = state
  const sum = (((a + b) | 0) + counter) | 0
  state.counter = (counter + 1) | 0
  state.a = b ^ (b >>> 9)
  state.b = (c + (c << 3)) | 0
  state.c = (((c << 21) | (c >>> 11)) + sum) | 0
  return sum
}

/** Bits as a number in [0, 1). */
const toUnit = (bits: number): number => (bits >>> 0) / 0x1_0000_0000

const initialState = (seed: number, key: string): State => {
  const a = hash(key, seed | 0)
  const b = hash(key, a)
  const state = { a: a | 0, b: b | 0, c: hash(key, b) | 0, counter: 1 }
  for (let i = 0; i < 12; i++) nextBits(state)
  return state
}

/**
 * The stream of `seed` and `key`, the same on every machine. Source  sfc32, Chris Doty-Humphrey's PractRand
 *
 * @example
 * stream(0, 'stem/conv/kernel')
 */
export const stream = (seed: number, key: string): Stream => {
  const state = initialState(seed, key)
  return () => toUnit(nextBits(state))
}

/** A number from `least` up to `most`. */
export const uniform = (draw: Stream, least: number, most: number): number => least + (most - least) * draw()

/** A whole number in [0, below). */
export const randomBelow = (draw: Stream, limit: number): number => Math.floor(draw() * limit)

/** Source  Box and Muller 1958 */
const boxMuller = (u: number, v: number): number =>
  Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v)

/** Draws from the standard normal distribution. */
export const normal =
  (draw: Stream): Stream =>
  () =>
    boxMuller(draw(), draw())

/** The middles of equal parts of [½, 1), their logarithms, and factors that divide 32 bits by them. */
const middles = Float64Array.from({ length: 512 }, (_, nth) => (512.5 + nth) / 1024)
const logarithms = middles.map(Math.log)
const reciprocals = middles.map(middle => 1 / middle / 0x1_0000_0000)

/** √(−2·log(1 − u)) to 2⁻⁴⁸, for u in 32 bits; not a number where u is so small that the logarithm loses digits. */
const radiusNear = (bits: number): number => {
  const rest = -bits | 0
  const zeros = Math.clz32(rest)
  const digits = (rest << zeros) >>> 0
  const part = (digits >>> 22) & 511
  const f = digits * (reciprocals[part] ?? 0) - 1
  const series = f * (1 + f * (-1 / 2 + f * (1 / 3 + f * (-1 / 4 + f / 5)))) // of log(1 + f)
  const logarithm = (logarithms[part] ?? 0) - zeros * Math.LN2 + series
  return logarithm < -0.01 ? Math.sqrt(-2 * logarithm) : Number.NaN
}

/** The cosines of the middles of equal parts of a turn. */
const cosines = Float64Array.from({ length: 1024 }, (_, nth) => Math.cos((2 * Math.PI * (nth + 0.5)) / 1024))

/** cos 2πv to 2⁻⁴⁸, for v in 32 bits: of the sum of the middle of its part and the angle from there. */
const cosineNear = (bits: number): number => {
  const part = bits >>> 22
  const angle = ((bits & 0x3f_ffff) - 0x20_0000) * ((2 * Math.PI) / 0x1_0000_0000)
  const square = angle * angle
  const cosine = 1 + square * (-1 / 2 + square / 24)
  const sine = angle * (1 + square * (-1 / 6 + square / 120))
  return (cosines[part] ?? 0) * cosine - (cosines[(part + 768) & 1023] ?? 0) * sine
}

/** How far products of the two above may be off. */
const precision = 2 ** -44

/**
 * The first `size` draws from a normal distribution, of the stream of `seed` and `key`. They are computed by
 * tables, and exactly where single precision might round those otherwise.
 *
 * Law  the values of `deviation * normal(stream(seed, key))()`, one after another, in single precision
 */
export const normals = (seed: number, key: string, size: number, deviation: number): Float32Array => {
  const state = initialState(seed, key)
  const data = new Float32Array(size)
  const margin = deviation * precision
  for (let i = 0; i < size; i++) {
    const u = nextBits(state)
    const v = nextBits(state)
    const near = deviation * radiusNear(u) * cosineNear(v)
    const isSure = Math.fround(near - margin) === Math.fround(near + margin)
    data[i] = isSure ? near : deviation * boxMuller(toUnit(u), toUnit(v))
  }
  return data
}

/** 0 … size−1 in random order. Source  Fisher and Yates */
export const permutation = (draw: Stream, size: number): Int32Array => {
  const order = Int32Array.from({ length: size }, (_, i) => i)
  for (let i = size - 1; i > 0; i--) {
    const j = randomBelow(draw, i + 1)
    const swapped = elementAt(order, i)
    order[i] = elementAt(order, j)
    order[j] = swapped
  }
  return order
}
