/** What every export is held to: nets of all kinds, what they give for some images, and how large a file may be. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import { lower } from '../../../src/graph/lower.js'
import { countParams } from '../../../src/net/counts.js'
import type { Net } from '../../../src/net/tree.js'
import type { Model } from '../../../src/net/weights.js'
import { relu, swish } from '../../../src/net/words/activations.js'
import {
  concat,
  inception,
  net,
  repeat,
  residual,
  separable,
  stack,
} from '../../../src/net/words/combinators.js'
import {
  avgPool,
  batchNorm,
  convBnAct,
  dense,
  depthwiseBnAct,
  dropout,
  flatten,
  globalAvgPool,
  image,
  maxPool,
} from '../../../src/net/words/leaves.js'
import { fedWith, modelOf } from '../nets/arbitrary.js'
import { evaluate } from '../nets/reference.js'

/** Nets that stand for their families; each has something only one format may stumble over. */
export const nets = {
  inception: net(
    'inception',
    image(17, 14, 3),
    stack('stem', convBnAct(8, 3, { stride: 2 }), maxPool(3, { stride: 2 })),
    inception('a', { point: 4, three: [3, 6], five: [2, 3, 4], pool: 3 }),
    inception('b', { three: [3, 6], pool: 3 }),
    flatten,
    dense(12, { norm: true, activation: 'relu' }),
    dense(5),
  ),
  residual: net(
    'residual',
    image(12, 12, 3),
    convBnAct(8, 3, { padding: 1 }),
    residual('one', stack('body', convBnAct(8), convBnAct(8, 3, { activation: null })), {
      activation: 'relu',
    }),
    residual('two', convBnAct(6, 3, { stride: 2, padding: 1, activation: null }), {
      shortcut: convBnAct(6, 1, { stride: 2, activation: null }),
      activation: 'relu6',
    }),
    residual('three', stack('body', batchNorm(), relu, convBnAct(6, 3, { norm: false }), dropout(0.3))),
    globalAvgPool,
    dense(7),
  ),
  separable: net(
    'separable',
    image(15, 11, 2),
    convBnAct(6, 3, { stride: 2, activation: 'swish' }),
    separable(8, 3, { stride: 2, activation: 'relu6' }),
    depthwiseBnAct(3, { dilation: 2, norm: false }),
    avgPool(3, { stride: 2 }),
    concat(
      'twice',
      swish,
      convBnAct(4, 2, { dilation: 2, padding: 1 }),
      separable(3, 5, { activation: 'tanh' }),
    ),
    flatten,
    dense(4, { bias: false }),
  ),
} satisfies Readonly<Record<string, Net>>

/** Many thin layers, whose names and options weigh most beside their weights. */
export const deep = modelOf(7)(
  net(
    'deep',
    image(8, 8, 3),
    convBnAct(12),
    repeat(
      'blocks',
      30,
      residual('block', stack('body', convBnAct(12), convBnAct(12, 3, { activation: null })), {
        activation: 'relu',
      }),
    ),
    globalAvgPool,
    dense(10),
  ),
)

export const models = {
  inception: modelOf(7)(nets.inception),
  residual: modelOf(7)(nets.residual),
  separable: modelOf(7)(nets.separable),
}

export const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

export const left = <L>(either: E.Either<L, unknown>): L => {
  if (E.isRight(either)) throw new Error('a failure was expected')
  return either.left
}

export const run = async <A>(task: TaskEither<unknown, A>): Promise<A> => right(await task())

/** Some images for a net, the same each time. */
export const imagesFor = ({ net: { input } }: Model, count: number): Float32Array =>
  fedWith(3, 'images', [count, ...input])

/** The logits a model gives for them, in float64. */
export const logitsOf = (model: Model, images: Float32Array, count: number): Float64Array => {
  const { logits } = lower({ batch: count, mode: 'inference' })(model)
  const given = Object.fromEntries(Object.entries(model.weights).map(([key, { data }]) => [key, data]))
  return (
    evaluate({ outputs: { logits }, updates: [] }, { images }, given).outputs.logits ?? new Float64Array()
  )
}

/** The largest difference, relative to the largest value, or absolute where that is below 1. */
export const apart = (expected: ArrayLike<number>, got: ArrayLike<number>): number => {
  if (expected.length !== got.length || expected.length === 0) return Number.POSITIVE_INFINITY
  const scale = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  return Array.from(expected).reduce((worst, value, i) => {
    const difference = Math.abs(value - (got[i] ?? Number.NaN)) / scale
    return Math.max(worst, difference)
  }, 0)
}

export const tolerance = 1e-4

/** All the bytes of a folder's files. */
export const sizeOfFolder = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

export const largestAllowed = (model: Model): number => 1.05 * 4 * countParams(model) + 72 * 1024

/** Lends a folder that is gone afterwards. */
export const inFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-export-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
