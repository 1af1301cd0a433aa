/** Convolutions and dense layers. */
import * as t from 'io-ts'
import { wholeNumber } from '../../../../io/codec.js'
import type { Activation } from '../../../../net/activation.js'
import type { Extent } from '../../../../net/tree.js'
import { leafPart, type Part, type Sources, stored } from '../../../tree/part.js'
import { activation, activationPart } from './activations.js'
import { extent, fixed, option, refined, square } from './options.js'
import { byRank, channelsLast, type Reader, reader } from './reader.js'

export const windowOptions = {
  strides: option(extent, 1),
  padding: option(t.keyof({ same: null, valid: null }), 'valid' as const),
  ...channelsLast,
}
const unitOptions = { use_bias: option(t.boolean, true), activation: option(activation, null) }
const convOptions = {
  kernel_size: extent,
  dilation_rate: option(square, 1),
  ...windowOptions,
  ...unitOptions,
}

interface ConvOptions {
  readonly kernel_size: Extent
  readonly strides: Extent
  readonly dilation_rate: number
  readonly padding: 'same' | 'valid'
}

const windowOf = ({ kernel_size, strides, dilation_rate, padding }: ConvOptions) => ({
  kernel: kernel_size,
  stride: strides,
  dilation: dilation_rate,
  padding,
})

const pointWindow = { groups: 1, kernel: 1, stride: 1, dilation: 1, padding: 'valid' as const }

interface UnitOptions {
  readonly use_bias: boolean
  readonly activation: Activation | null
}

const unitOf = ({ use_bias, activation }: UnitOptions) => ({
  name: '',
  bias: use_bias,
  norm: null,
  activation,
})

const productOf = (kernel: string, { use_bias }: UnitOptions): Sources => ({
  kernel: stored(kernel),
  ...(use_bias && { bias: stored('bias') }),
})

const densePart = (units: number, config: UnitOptions): Part =>
  leafPart({ _tag: 'dense', units, ...unitOf(config) }, productOf('kernel', config))

const conv = reader({ filters: wholeNumber, groups: option(wholeNumber, 1), ...convOptions }, config => [
  leafPart(
    { _tag: 'conv', filters: config.filters, groups: config.groups, ...windowOf(config), ...unitOf(config) },
    productOf('kernel', config),
  ),
])

const onePoint = refined('1 over a map of 1×1', u => (square.is(u) && [u].flat()[0] === 1 ? 1 : undefined))

/** A convolution of a map of 1×1, which is a dense layer. */
const pointConv = reader(
  { filters: wholeNumber, ...convOptions, groups: fixed(1), kernel_size: onePoint },
  config => [densePart(config.filters, config)],
)

const dense = reader({ units: wholeNumber, ...unitOptions }, config => [densePart(config.units, config)])

/** A dense layer at every position of a map, which is a convolution. */
const pointwise = reader({ units: wholeNumber, ...unitOptions }, config => [
  leafPart(
    { _tag: 'conv', filters: config.units, ...pointWindow, ...unitOf(config) },
    productOf('kernel', config),
  ),
])

const depthwise = reader({ depth_multiplier: fixed(1), ...convOptions }, config => [
  leafPart(
    { _tag: 'depthwise', ...windowOf(config), ...unitOf(config) },
    productOf('depthwise_kernel', config),
  ),
])

/** Without a value, Keras' layers have a bias. */
const withoutBias = refined('false', u => (u === false ? false : undefined))

/** A factor for each channel of a map of 1×1, which is a vector. */
const pointDepthwise = reader(
  { ...convOptions, depth_multiplier: fixed(1), kernel_size: onePoint, use_bias: withoutBias },
  config => [
    leafPart({ _tag: 'scale', name: '', init: 1 }, { scale: stored('depthwise_kernel') }),
    ...activationPart(config.activation),
  ],
)

const separable = reader({ filters: wholeNumber, depth_multiplier: fixed(1), ...convOptions }, config => [
  leafPart(
    { _tag: 'depthwise', ...windowOf(config), ...unitOf({ use_bias: false, activation: null }) },
    { kernel: stored('depthwise_kernel') },
    ['depthwise'],
  ),
  leafPart(
    { _tag: 'conv', filters: config.filters, ...pointWindow, ...unitOf(config) },
    productOf('pointwise_kernel', config),
    ['point'],
  ),
])

export const productReaders: Readonly<Record<string, Reader>> = {
  Conv2D: byRank({ map: conv, point: pointConv, vector: conv }),
  DepthwiseConv2D: byRank({ map: depthwise, point: pointDepthwise, vector: depthwise }),
  SeparableConv2D: separable,
  Dense: byRank({ map: pointwise, point: dense, vector: dense }),
}
