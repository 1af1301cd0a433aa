/**
 * Random nets, valid by construction: a recipe that knows no sizes is drawn, then cooked into words that fit
 * the shape at hand. Recipes shrink towards fewer and plainer layers, and what is left still fits.
 */
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { editLayers } from '../../../src/net/layers.js'
import { stream } from '../../../src/net/random.js'
import type { Shape } from '../../../src/net/shape.js'
import type { Net } from '../../../src/net/tree.js'
import { init, type Model, type Tensor } from '../../../src/net/weights.js'
import { net } from '../../../src/net/words/combinators.js'
import {
  dense,
  dropout,
  flatten,
  globalAvgPool,
  globalMaxPool,
  image,
} from '../../../src/net/words/leaves.js'
import type { AnyWord, VectorWord } from '../../../src/net/words/types.js'
import { cooked, mapping } from './arbitrary/combinators.js'
import { activation, epsilon, type NetOptions, small } from './arbitrary/options.js'

export type { NetOptions } from './arbitrary/options.js'

const layer = (from: NetOptions): fc.Arbitrary<VectorWord | AnyWord> =>
  fc
    .record({
      units: small,
      normed: fc.boolean(),
      bias: fc.boolean(),
      activation: activation(from),
      dropped: fc.boolean(),
    })
    .map(({ units, normed, bias, activation, dropped }) =>
      dropped && from.dropout === true
        ? dropout(0.3)
        : dense(units, normed ? { activation, norm: { epsilon } } : { activation, bias }),
    )

/** The norms that words bring along are as wide as the others. */
const calm = editLayers(layer => {
  if (layer._tag === 'norm') return { ...layer, epsilon }
  return 'norm' in layer && layer.norm !== null ? { ...layer, norm: { ...layer.norm, epsilon } } : layer
})

/** A net that fits, of any words and combinators, on images of at most 12×12×3. */
export const arbitraryNet = (from: NetOptions = {}): fc.Arbitrary<Net> =>
  fc
    .record({
      height: fc.integer({ min: 4, max: 12 }),
      width: fc.integer({ min: 4, max: 12 }),
      channels: fc.integer({ min: 1, max: 3 }),
      body: fc.array(mapping(from, 1), { minLength: 1, maxLength: 4 }),
      bridge: fc.constantFrom(
        globalAvgPool,
        flatten,
        ...(from.globalMaxPool === false || from.modern === false ? [] : [globalMaxPool]),
      ),
      hidden: fc.array(layer(from), { maxLength: 2 }),
      classes: fc.integer({ min: 2, max: 5 }),
    })
    .map(({ height, width, channels, body, bridge, hidden, classes }) => {
      const input = image(height, width, channels)
      const words = cooked(
        body.map(each => each(false)),
        input,
      )
      return calm(net('random', input, ...words, bridge, ...hidden, dense(classes, { name: 'head' })))
    })

/** Slots at other values than those they begin with, so that no term hides behind a 0 or a 1. */
const stirred = (seed: number, key: string, { shape, data }: Tensor): Tensor => {
  const draw = stream(seed, `stirred/${key}`)
  const spread: Readonly<Record<string, (value: number) => number>> = {
    kernel: value => value,
    scale: () => 0.5 + draw(),
    variance: () => 0.5 + draw(),
  }
  const change = spread[key.slice(key.lastIndexOf('/') + 1)] ?? (() => draw() - 0.5)
  return { shape, data: data.map(value => change(value)) }
}

/** How a law that fails prints its model: by the call that makes it, since thousands of weights say nothing. */
const withCall = (model: Model, seed: number): Model =>
  Object.defineProperty(model, fc.toStringMethod, {
    value: () => `modelOf(${seed})(${JSON.stringify(model.net)})`,
  })

/** Seeded weights for a net, with scales, shifts, biases and running statistics of their own. */
export const modelOf =
  (seed: number) =>
  (net: Net): Model => {
    const planted = init(seed)(net)
    if (E.isLeft(planted)) throw new Error(`a net that does not fit: ${JSON.stringify(planted.left)}`)
    const weights = Object.entries(planted.right.weights).map(
      ([key, tensor]) => [key, stirred(seed, key, tensor)] as const,
    )
    return withCall({ ...planted.right, weights: Object.fromEntries(weights) }, seed)
  }

/** Seeds are all alike: small ones, which fast-check prefers, would only be the same draws again and again. */
export const arbitrarySeed = fc.noBias(fc.nat())

/** A random net that fits, with weights none of which is trivial. */
export const arbitraryModel = (from: NetOptions = {}): fc.Arbitrary<Model> =>
  fc.tuple(arbitraryNet(from), arbitrarySeed).map(([net, seed]) => modelOf(seed)(net))

/** Numbers for an input of this shape, the same for the same seed: uniform in [−1, 1), or [0, 1) for noise. */
export const fedWith = (seed: number, name: string, shape: Shape): Float32Array => {
  const draw = stream(seed, `fed/${name}`)
  const low = name.startsWith('noise/') ? 0 : -1
  return Float32Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    () => low + (1 - low) * draw(),
  )
}
