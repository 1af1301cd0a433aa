/** What the tests of surgery share: running a model in float64, comparing, freezing, random utilities. */
import * as E from 'fp-ts/lib/Either.js'
import { lower } from '../../../src/graph/lower.js'
import { type CheckedNet, infer } from '../../../src/net/infer.js'
import { stream } from '../../../src/net/random.js'
import { channelsOf } from '../../../src/net/shape.js'
import type { Net } from '../../../src/net/tree.js'
import type { Model } from '../../../src/net/weights.js'
import type { Utilities } from '../../../src/surgery/prune/rank.js'
import { fedWith } from './arbitrary.js'
import { evaluate, type Given } from './reference.js'

export const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

export const left = <L>(either: E.Either<L, unknown>): L => {
  if (E.isRight(either)) throw new Error('this should have been refused')
  return either.left
}

export const placed = (net: Net): CheckedNet => right(infer(net))

export const numbersOf = ({ weights }: Model): Given =>
  Object.fromEntries(Object.entries(weights).map(([key, { data }]) => [key, data]))

/** What a model makes of two random images. */
export const forward = (model: Model): Float64Array => {
  const { logits } = lower({ batch: 2, mode: 'inference' })(model)
  const images = fedWith(7, 'images', [2, ...model.net.input])
  const { outputs } = evaluate({ outputs: { logits }, updates: [] }, { images }, numbersOf(model))
  return outputs.logits ?? new Float64Array()
}

/** The largest difference, in units of the largest number of the second. */
export const difference = (a: Float64Array, b: Float64Array): number => {
  const scale = Math.max(1e-6, ...b.map(Math.abs))
  return a.length === b.length
    ? a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - (b[i] ?? Number.NaN)) / scale), 0)
    : Number.NaN
}

/** Freezes all but the arrays of numbers, which cannot be. */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    Object.freeze(value)
    for (const each of Object.values(value)) deepFreeze(each)
  }
  return value
}

/** Random utilities of the layers that make or follow channels: many zeros, and some layers unmentioned. */
export const utilitiesOf = (net: Net, seed: number): Utilities => {
  const draw = stream(seed, 'utilities')
  return Object.fromEntries(
    [...placed(net).layers.values()].flatMap(({ path, layer, output }) => {
      const speaks = layer._tag === 'conv' || layer._tag === 'dense' || layer._tag === 'depthwise'
      const floor = draw() < 0.2 ? 1 : 0.2
      return speaks && draw() < 0.9
        ? [[path, Float32Array.from({ length: channelsOf(output) }, () => Math.max(0, draw() - floor))]]
        : []
    }),
  )
}
