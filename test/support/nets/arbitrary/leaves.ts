/** Random layers: recipes that fit the map at hand. */
import * as fc from 'fast-check'
import type { Activation } from '../../../../src/net/activation.js'
import { channelsOf, type Shape } from '../../../../src/net/shape.js'
import type { Extent, Padding } from '../../../../src/net/tree.js'
import { slidesOf } from '../../../../src/net/window.js'
import {
  gelu,
  hardSwish,
  leakyRelu,
  relu,
  relu6,
  sigmoid,
  swish,
  tanh,
} from '../../../../src/net/words/activations.js'
import { channelShuffle, channelSlice, squeezeExcite } from '../../../../src/net/words/channels.js'
import { separable } from '../../../../src/net/words/combinators.js'
import {
  avgPool,
  batchNorm,
  type ConvBnActOptions,
  convBnAct,
  depthwiseBnAct,
  dropout,
  dropPath,
  layerNorm,
  layerScale,
  maxPool,
  type PoolOptions,
} from '../../../../src/net/words/leaves.js'
import type { MapWord } from '../../../../src/net/words/types.js'
import {
  activation,
  epsilon,
  type Mapping,
  mixed,
  momentum,
  type NetOptions,
  onMaps,
  small,
} from './options.js'

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

export const unit = (from: NetOptions): fc.Arbitrary<Unit> => {
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
export const options = (unit: Unit, map: Shape, steady: boolean): ConvBnActOptions => {
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

export const leaf = (from: NetOptions): fc.Arbitrary<Mapping> =>
  fc.oneof(
    { weight: 5, arbitrary: convolution(from) },
    { weight: 2, arbitrary: pool(from) },
    { weight: 2, arbitrary: plain(from) },
    ...(from.depthwise === false ? [] : [{ weight: 2, arbitrary: channelwise(from) }]),
    ...(from.channels === false ? [] : [shuffle, slice, squeezing(from)]),
  )
