/**
 * Random nets, valid by construction: a recipe that knows no sizes is drawn, then cooked into words that fit
 * the shape at hand. Recipes shrink towards fewer and plainer layers, and what is left still fits.
 */

import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import type { Activation } from '../../../src/net/activation.js'
import { infer } from '../../../src/net/infer.js'
import { editLayers } from '../../../src/net/layers.js'
import { stream } from '../../../src/net/random.js'
import { channelsOf, type Shape } from '../../../src/net/shape.js'
import type { Extent, Layer, Net, Padding } from '../../../src/net/tree.js'
import { init, type Model, type Tensor } from '../../../src/net/weights.js'
import { slidesOf } from '../../../src/net/window.js'
import {
  gelu,
  hardSwish,
  leakyRelu,
  relu,
  relu6,
  sigmoid,
  swish,
  tanh,
} from '../../../src/net/words/activations.js'
import { channelShuffle, channelSlice, gate, squeezeExcite } from '../../../src/net/words/channels.js'
import {
  concat,
  identity,
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
  type ConvBnActOptions,
  convBnAct,
  dense,
  depthwiseBnAct,
  dropout,
  dropPath,
  flatten,
  globalAvgPool,
  globalMaxPool,
  image,
  layerNorm,
  layerScale,
  maxPool,
  type PoolOptions,
} from '../../../src/net/words/leaves.js'
import type { AnyWord, MapWord, SomeWord, VectorWord } from '../../../src/net/words/types.js'

export interface NetOptions {
  /** Whether dropout layers, and dropPath, may appear; by default not. */
  readonly dropout?: boolean
  /** Depthwise and separable convolutions; by default yes. */
  readonly depthwise?: boolean
  /** Average pooling; by default yes. */
  readonly avgPool?: boolean
  /** Numbers as paddings; by default yes. */
  readonly paddings?: boolean
  /** Dilated convolutions; by default yes. */
  readonly dilation?: boolean
  /** Grouped convolutions; by default yes. */
  readonly groups?: boolean
  /** Channel shuffles, channel slices and gates; by default yes. */
  readonly channels?: boolean
  /** What a LayersModel cannot hold: the hard sigmoid and swish, gelu by tanh, and pools with padding of their own; by default yes. */
  readonly hard?: boolean
  /** Windows of two sides, and layers and activations that came after batch norm; by default yes. */
  readonly modern?: boolean
  /** The largest value over the image; by default yes. */
  readonly globalMaxPool?: boolean
}

/** Makes a word that fits the shape of what comes in. */
type Recipe<W extends SomeWord = MapWord> = (input: Shape) => W

/** Wide enough that a nearly constant channel does not magnify a float32's last digit. */
const epsilon = 1e-2

const small = fc.integer({ min: 1, max: 6 })

/** What nets of every age have, what later ones have beside, and what of that a LayersModel cannot hold. */
const mixed = <A>(
  { modern = true, hard = true }: NetOptions,
  plain: readonly A[],
  later: readonly A[],
  foreign: readonly A[] = [],
): fc.Arbitrary<A> => fc.constantFrom(...plain, ...(modern ? later : []), ...(modern && hard ? foreign : []))

const activation = (from: NetOptions): fc.Arbitrary<Activation | null> =>
  mixed<Activation | null>(
    from,
    ['relu', null, 'swish', 'tanh', 'sigmoid', 'relu6'],
    ['elu', 'gelu', { _tag: 'leakyRelu', slope: 0.1 }],
    ['hardSwish', 'hardSigmoid', 'geluTanh'],
  )

const momentum = fc.constantFrom(0.9, 0.5, 0.99)

/** The shape a word gives. */
const after =
  (input: Shape) =>
  (word: Layer): Shape => {
    const placed = infer({
      _tag: 'net',
      name: 'probe',
      input,
      body: {
        _tag: 'stack',
        name: '',
        layers: [
          { ...word, name: 'word' },
          { ...flatten, name: 'flatten' },
        ],
      },
    })
    if (E.isLeft(placed)) throw new Error(`an arbitrary that does not fit: ${JSON.stringify(placed.left)}`)
    return placed.right.layers.get('word')?.output ?? input
  }

interface Unit {
  readonly filters: number
  readonly groups: number
  readonly kernel: Extent
  readonly stride: Extent
  readonly dilation: number
  readonly padding: Padding
  readonly normed: boolean
  readonly bias: boolean
  readonly activation: Activation | null
  readonly momentum: number
}

const unit = (from: NetOptions): fc.Arbitrary<Unit> => {
  const { paddings = true, dilation = true, groups = true } = from
  return fc.record({
    filters: small,
    groups: groups ? fc.constantFrom(1, 1, 2, 3) : fc.constant(1),
    kernel: mixed<Extent>(
      from,
      [1, 3, 2, 5],
      [
        [1, 3],
        [3, 2],
      ],
    ),
    stride: mixed<Extent>(from, [1, 1, 1, 2, 3], [[2, 1]]),
    dilation: dilation ? fc.constantFrom(1, 1, 1, 2) : fc.constant(1),
    padding: paddings
      ? mixed<Padding>(from, ['same', 'same', 'valid', 0, 1, 2], [[0, 1, 2, 0]])
      : fc.constantFrom<Padding[]>('same', 'valid'),
    normed: fc.boolean(),
    bias: fc.boolean(),
    activation: activation(from),
    momentum,
  })
}

/** The options of a unit, as far as they fit a map; `steady` keeps its size. */
const options = (unit: Unit, map: Shape, steady: boolean): ConvBnActOptions => {
  const { kernel, stride, dilation, padding, normed, bias, activation, momentum } = unit
  const stepped = steady || stride === 1 || dilation > 1 ? { dilation } : { stride }
  const window = { stride: 1, dilation: 1, ...stepped, size: kernel, padding }
  const fits = slidesOf(map, window).every(({ positions }) => positions > 0)
  return {
    activation,
    padding: steady || !fits ? 'same' : padding,
    ...stepped,
    ...(normed ? { norm: { momentum, epsilon } } : { norm: false as const, bias }),
  }
}

type Mapping = (steady: boolean) => Recipe

const convolution = (from: NetOptions): fc.Arbitrary<Mapping> =>
  unit(from).map(each => steady => input => {
    const groups = channelsOf(input) % each.groups === 0 ? each.groups : 1
    const filters = Math.ceil(each.filters / groups) * groups
    return convBnAct(filters, each.kernel, { ...options(each, input, steady), groups })
  })

const channelwise = (from: NetOptions): fc.Arbitrary<Mapping> =>
  fc.tuple(fc.boolean(), unit(from)).map(
    ([alone, each]) =>
      steady =>
      input =>
        alone
          ? depthwiseBnAct(each.kernel, options(each, input, steady))
          : separable(each.filters, each.kernel, { ...options(each, input, true), name: 'separable' }),
  )

const countingPool = (size?: Extent, options: PoolOptions = {}): MapWord =>
  avgPool(size, { ...options, countPadding: true })

const pool = (from: NetOptions): fc.Arbitrary<Mapping> =>
  fc
    .record({
      word: from.avgPool === false ? fc.constant(maxPool) : mixed(from, [maxPool, avgPool], [countingPool]),
      size: mixed<Extent>(from, [2, 3], [[2, 3]]),
      stride: mixed<Extent>(from, [1, 2, 3], [[1, 2]]),
      padding: mixed<Padding>(from, ['same', 'valid'], [], [1, [0, 1, 1, 0]]),
    })
    .map(({ word, size, stride, padding }) => steady => map => {
      const fits = slidesOf(map, { size, stride, dilation: 1, padding }).every(
        ({ positions }) => positions > 0,
      )
      return steady
        ? word(size, { stride: 1, padding: 'same' })
        : word(size, { stride, padding: fits ? padding : 'same' })
    })

const plain = (from: NetOptions): fc.Arbitrary<Mapping> =>
  mixed(
    from,
    [
      ...[relu, swish, tanh, sigmoid, relu6, batchNorm({ epsilon }), batchNorm({ epsilon, momentum: 0.5 })],
      ...(from.dropout === true ? [dropout(0.2), dropout(0.5)] : []),
    ],
    [
      gelu,
      leakyRelu(0.2),
      layerScale(0.5),
      layerNorm({ epsilon }),
      dropPath(from.dropout === true ? 0.3 : 0),
    ],
    [hardSwish],
  ).map(
    word =>
      () =>
      ([, , channels = 1]) =>
        onMaps(word._tag === 'layerNorm' && channels < 3 ? relu : word), // of one channel nothing would be left
  )

const shuffle: fc.Arbitrary<Mapping> = fc.constantFrom(2, 3, 4).map(groups => () => input => {
  const channels = channelsOf(input)
  return onMaps(channelShuffle(channels % groups === 0 ? groups : channels))
})

const slice: fc.Arbitrary<Mapping> = fc.tuple(fc.nat(5), fc.nat(5)).map(([before, behind]) => () => input => {
  const channels = channelsOf(input)
  const first = before % channels
  return onMaps(channelSlice(first, channels - first - (behind % (channels - first))))
})

const squeezing = (from: NetOptions): fc.Arbitrary<Mapping> =>
  fc.tuple(small, activation(from), activation(from)).map(
    ([units, first, last]) =>
      () =>
      input =>
        squeezeExcite('gate', channelsOf(input), units, {
          activation: first ?? 'relu',
          gate: last ?? 'sigmoid',
        }),
  )

const leaf = (from: NetOptions): fc.Arbitrary<Mapping> =>
  fc.oneof(
    { weight: 5, arbitrary: convolution(from) },
    { weight: 2, arbitrary: pool(from) },
    { weight: 2, arbitrary: plain(from) },
    ...(from.depthwise === false ? [] : [{ weight: 2, arbitrary: channelwise(from) }]),
    ...(from.channels === false ? [] : [shuffle, slice, squeezing(from)]),
  )

/** A word for any rank is a word for maps. */
const onMaps = (word: AnyWord): MapWord => word as SomeWord as MapWord // the rank is a phantom

/** A combinator's name with its number, so that no two siblings share one; unnamed leaves are named later. */
const numbered = (word: MapWord, nth: number): MapWord =>
  word.name === '' ? word : { ...word, name: `${word.name}${nth + 1}` }

/** Cooks recipes one after another. */
const cooked = (recipes: readonly Recipe[], input: Shape): readonly MapWord[] =>
  recipes.reduce<{ readonly words: readonly MapWord[]; readonly shape: Shape }>(
    ({ words, shape }, recipe) => {
      const word = numbered(recipe(shape), words.length)
      return { words: [...words, word], shape: after(shape)(word) }
    },
    { words: [], shape: input },
  ).words

const inside = (from: NetOptions, depth: number, maxLength: number): fc.Arbitrary<readonly Mapping[]> =>
  fc.array(depth > 0 ? mapping(from, depth - 1) : leaf(from), { minLength: 1, maxLength })

const stacked = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  inside(from, depth, 3).map(
    inner => steady => input =>
      stack(
        'stack',
        ...cooked(
          inner.map(each => each(steady)),
          input,
        ),
      ),
  )

const branches = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  fc.array(fc.option(inside(from, depth, 2), { freq: 5 }), { minLength: 1, maxLength: 3 }).map(
    inner => () => input =>
      concat(
        'concat',
        ...inner.map((branch, nth) =>
          branch === null
            ? { ...identity, name: `b${nth}` }
            : stack(
                `b${nth}`,
                ...cooked(
                  branch.map(each => each(true)),
                  input,
                ),
              ),
        ),
      ),
  )

/** A sum around a body: past a projection, or the body ends in as many filters as came in. */
const summed = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  fc
    .tuple(inside(from, depth, 2), fc.boolean(), activation(from), unit(from))
    .map(([inner, projected, activated, each]) => () => input => {
      const words = cooked(
        inner.map(one => one(true)),
        input,
      )
      const [, , channels = 1] = input
      const filters = projected ? each.filters : channels
      const end = convBnAct(filters, 1, { name: 'end', ...options(each, input, true), dilation: 1 })
      const body = stack('body', ...words, end)
      return residual('residual', body, {
        activation: activated,
        ...(projected ? { shortcut: convBnAct(filters, 1, { activation: null, norm: { epsilon } }) } : {}),
      })
    })

/** A map times another of its shape: the body ends in as many filters as came in. */
const gated = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  fc.tuple(inside(from, depth, 2), unit(from)).map(([inner, each]) => () => input => {
    const words = cooked(
      inner.map(one => one(true)),
      input,
    )
    const end = convBnAct(channelsOf(input), 1, { ...options(each, input, true), dilation: 1, name: 'end' })
    return gate('gated', stack('body', ...words, end))
  })

const module = (): fc.Arbitrary<Mapping> =>
  fc
    .record(
      {
        three: fc.tuple(small, small),
        five: fc.oneof(fc.tuple(small, small), fc.tuple(small, small, small)),
        pool: small,
      },
      { requiredKeys: [] },
    )
    .chain(rest => small.map(point => ({ point, ...rest })))
    .map(parts => () => () => inception('inception', parts))

/** Every copy after the first takes what the first gives. */
const repeated = (from: NetOptions): fc.Arbitrary<Mapping> =>
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), leaf({ ...from, channels: false }))
    .map(([times, each]) => () => input => {
      const first = each(true)(input)
      const next = each(true)(after(input)(first))
      return repeat('repeat', times, nth => (nth === 0 ? first : next))
    })

const mapping = (from: NetOptions, depth: number): fc.Arbitrary<Mapping> =>
  fc.oneof(
    { weight: 6, arbitrary: leaf(from) },
    { weight: 1, arbitrary: stacked(from, depth) },
    { weight: 2, arbitrary: branches(from, depth) },
    { weight: 2, arbitrary: summed(from, depth) },
    ...(from.channels === false ? [] : [{ weight: 1, arbitrary: gated(from, depth) }]),
    { weight: 2, arbitrary: module() },
    { weight: 1, arbitrary: repeated(from) },
  )

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

/** A random net that fits, with weights none of which is trivial. */
export const arbitraryModel = (from: NetOptions = {}): fc.Arbitrary<Model> =>
  fc.tuple(arbitraryNet(from), fc.nat()).map(([net, seed]) => modelOf(seed)(net))

/** Numbers for an input of this shape, the same for the same seed: uniform in [−1, 1), or [0, 1) for noise. */
export const fedWith = (seed: number, name: string, shape: Shape): Float32Array => {
  const draw = stream(seed, `fed/${name}`)
  const low = name.startsWith('noise/') ? 0 : -1
  return Float32Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    () => low + (1 - low) * draw(),
  )
}
