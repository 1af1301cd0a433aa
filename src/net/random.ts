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

const next = (state: State): number => {
  const { a, b, c, counter } = state
  const sum = (((a + b) | 0) + counter) | 0
  state.counter = (counter + 1) | 0
  state.a = b ^ (b >>> 9)
  state.b = (c + (c << 3)) | 0
  state.c = (((c << 21) | (c >>> 11)) + sum) | 0
  return (sum >>> 0) / 0x1_0000_0000
}

const initialState = (seed: number, key: string): State => {
  const a = hash(key, seed | 0)
  const b = hash(key, a)
  const state = { a: a | 0, b: b | 0, c: hash(key, b) | 0, counter: 1 }
  for (let i = 0; i < 12; i++) next(state)
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
  return () => next(state)
}

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

/**
 * The first `size` draws from a normal distribution, of the stream of `seed` and `key`.
 *
 * Law  the values of `deviation * normal(stream(seed, key))()`, one after another, in single precision
 */
export const normals = (seed: number, key: string, size: number, deviation: number): Float32Array => {
  const state = initialState(seed, key)
  const data = new Float32Array(size)
  for (let i = 0; i < size; i++) data[i] = deviation * boxMuller(next(state), next(state))
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
