/** Converts each supported Keras class to layers, and names its weights. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode, positive, share, wholeNumber } from '../../../io/codec.js'
import type { Activation } from '../../../net/tree.js'
import { filled, lastAxis, leafPart, type Part, type Sources, stored } from '../../tree/part.js'
import { activation, around, fixed, oneAxis, option, refined, square } from './options.js'

const channelsLast = { data_format: fixed('channels_last') }
const windowOptions = {
  strides: option(square, 1),
  padding: option(t.keyof({ same: null, valid: null }), 'valid' as const),
  ...channelsLast,
}
const unitOptions = { use_bias: option(t.boolean, true), activation: option(activation, null) }
const convOptions = {
  kernel_size: square,
  dilation_rate: option(square, 1),
  ...windowOptions,
  ...unitOptions,
}

interface ConvOptions {
  readonly kernel_size: number
  readonly strides: number
  readonly dilation_rate: number
  readonly padding: 'same' | 'valid'
}

const windowOf = ({ kernel_size, strides, dilation_rate, padding }: ConvOptions) => ({
  kernel: kernel_size,
  stride: strides,
  dilation: dilation_rate,
  padding,
})

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

type Reader = (config: unknown) => E.Either<DecodeError, readonly Part[]>

const reader =
  <P extends t.Props>(props: P, parts: (config: t.TypeOfProps<P>) => readonly Part[]): Reader =>
  config =>
    pipe(decode(t.type(props))(config), E.map(parts))

const pool = (
  kind: { readonly _tag: 'maxPool' } | { readonly _tag: 'avgPool'; readonly countPadding: false },
): Reader =>
  reader({ pool_size: option(square, 2), ...windowOptions, strides: option(square, null) }, config => [
    leafPart({
      ...kind,
      name: '',
      size: config.pool_size,
      stride: config.strides ?? config.pool_size,
      padding: config.padding,
    }),
  ])

const activationPart = (found: Activation | null): readonly Part[] =>
  found === null ? [] : [leafPart({ _tag: 'activate', name: '', activation: found })]

const readers: Readonly<Record<string, Reader>> = {
  Conv2D: reader({ filters: wholeNumber, groups: option(wholeNumber, 1), ...convOptions }, config => [
    leafPart(
      {
        _tag: 'conv',
        filters: config.filters,
        groups: config.groups,
        ...windowOf(config),
        ...unitOf(config),
      },
      productOf('kernel', config),
    ),
  ]),
  DepthwiseConv2D: reader({ depth_multiplier: fixed(1), ...convOptions }, config => [
    leafPart(
      { _tag: 'depthwise', ...windowOf(config), ...unitOf(config) },
      productOf('depthwise_kernel', config),
    ),
  ]),
  SeparableConv2D: reader({ filters: wholeNumber, depth_multiplier: fixed(1), ...convOptions }, config => [
    leafPart(
      { _tag: 'depthwise', ...windowOf(config), ...unitOf({ use_bias: false, activation: null }) },
      { kernel: stored('depthwise_kernel') },
      ['depthwise'],
    ),
    leafPart(
      {
        _tag: 'conv',
        filters: config.filters,
        groups: 1,
        ...{ kernel: 1, stride: 1, dilation: 1, padding: 'same' as const },
        ...unitOf(config),
      },
      productOf('pointwise_kernel', config),
      ['point'],
    ),
  ]),
  Dense: reader({ units: wholeNumber, ...unitOptions }, config => [
    leafPart({ _tag: 'dense', units: config.units, ...unitOf(config) }, productOf('kernel', config)),
  ]),
  BatchNormalization: reader(
    {
      axis: option(oneAxis, lastAxis),
      momentum: option(share, 0.99),
      epsilon: option(positive, 1e-3),
      scale: option(t.boolean, true),
      center: option(t.boolean, true),
    },
    ({ axis, momentum, epsilon, scale, center }) => [
      leafPart(
        { _tag: 'norm', name: '', momentum, epsilon },
        {
          scale: scale ? stored('gamma') : filled(1),
          shift: center ? stored('beta') : filled(0),
          mean: stored('moving_mean'),
          variance: stored('moving_variance'),
        },
        [],
        axis,
      ),
    ],
  ),
  Activation: reader({ activation }, config => activationPart(config.activation)),
  ReLU: reader(
    {
      max_value: option(
        refined('6', u => (u === 6 ? ('relu6' as const) : undefined)),
        'relu' as const,
      ),
      negative_slope: fixed(0),
      threshold: fixed(0),
    },
    ({ max_value }) => activationPart(max_value),
  ),
  ZeroPadding2D: reader({ padding: around, ...channelsLast }, ({ padding }) => [
    { _tag: 'pad', by: padding },
  ]),
  MaxPooling2D: pool({ _tag: 'maxPool' }),
  AveragePooling2D: pool({ _tag: 'avgPool', countPadding: false }),
  GlobalAveragePooling2D: reader({ keepdims: fixed(false), ...channelsLast }, () => [
    leafPart({ _tag: 'globalAvgPool', name: '' }),
  ]),
  Flatten: reader(channelsLast, () => [leafPart({ _tag: 'flatten', name: '' })]),
  Dropout: reader({ rate: share }, ({ rate }) => [leafPart({ _tag: 'dropout', name: '', rate })]),
}

/** The reader of a class; undefined for an unsupported one. */
export const readerOf = (className: string): Reader | undefined =>
  Object.hasOwn(readers, className) ? readers[className] : undefined

/** Layers that join branches. */
const joinClasses = ['Add', 'Concatenate']

/** Supported classes of which a second copy would have weights or draw random numbers of its own. */
const singleClasses = new Set([
  'Conv2D',
  'DepthwiseConv2D',
  'SeparableConv2D',
  'Dense',
  'BatchNormalization',
  'Dropout',
])

/** Whether a layer of the class may be copied into several branches. */
export const isCopyableClass = (className: string): boolean =>
  supported.includes(className) && !singleClasses.has(className)

/** Every supported class; a softmax only at the end. */
export const supported: readonly string[] = [...Object.keys(readers), ...joinClasses, 'Softmax'].toSorted()
