/** What each Keras class is in words of the language, and where its weights are. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type DecodeError, decode, positive, share, wholeNumber } from '../../../io/codec.js'
import type { Activation, Leaf } from '../../../net/tree.js'
import type { WeightName } from '../../../net/weight-specs.js'
import { activation, around, fixed, oneAxis, option, refined, square } from './options.js'

/** A weight by what Keras calls it, or a number that stands for a weight Keras leaves out. */
export type Source =
  | { readonly _tag: 'stored'; readonly name: string }
  | { readonly _tag: 'filled'; readonly value: number }

export type Sources = Readonly<Partial<Record<WeightName, Source>>>

/** What a Keras layer stands for: a leaf with its weights, zeros around a map, or nothing at all. */
export type Part =
  | {
      readonly _tag: 'leaf'
      /** Follows the Keras layer's name where that stands for several leaves. */
      readonly suffix: readonly string[]
      readonly layer: Leaf
      readonly sources: Sources
      /** The axis a batch norm is told to keep; it must be the last. */
      readonly axis: number
    }
  | { readonly _tag: 'pad'; readonly by: number }

const last = -1

const leaf = (layer: Leaf, sources: Sources = {}, suffix: readonly string[] = [], axis = last): Part => ({
  _tag: 'leaf',
  suffix,
  layer,
  sources,
  axis,
})

const stored = (name: string): Source => ({ _tag: 'stored', name })
const filled = (value: number): Source => ({ _tag: 'filled', value })

const channelsLast = { data_format: fixed('channels_last') }
const window = {
  strides: option(square, 1),
  padding: option(t.keyof({ same: null, valid: null }), 'valid' as const),
  ...channelsLast,
}
const unit = { use_bias: option(t.boolean, true), activation: option(activation, null) }
const slid = { kernel_size: square, dilation_rate: option(square, 1), ...window, ...unit }

interface Slid {
  readonly kernel_size: number
  readonly strides: number
  readonly dilation_rate: number
  readonly padding: 'same' | 'valid'
}

const windowOf = ({ kernel_size, strides, dilation_rate, padding }: Slid) => ({
  kernel: kernel_size,
  stride: strides,
  dilation: dilation_rate,
  padding,
})

interface Unit {
  readonly use_bias: boolean
  readonly activation: Activation | null
}

const unitOf = ({ use_bias, activation }: Unit) => ({ name: '', bias: use_bias, norm: null, activation })

const productOf = (kernel: string, { use_bias }: Unit): Sources => ({
  kernel: stored(kernel),
  ...(use_bias && { bias: stored('bias') }),
})

type Reader = (config: unknown) => E.Either<DecodeError, readonly Part[]>

const reader =
  <P extends t.Props>(props: P, parts: (config: t.TypeOfProps<P>) => readonly Part[]): Reader =>
  config =>
    pipe(decode(t.type(props))(config), E.map(parts))

const pool = (_tag: 'maxPool' | 'avgPool'): Reader =>
  reader({ pool_size: option(square, 2), ...window, strides: option(square, null) }, config => [
    leaf({
      _tag,
      name: '',
      size: config.pool_size,
      stride: config.strides ?? config.pool_size,
      padding: config.padding,
    }),
  ])

const activated = (found: Activation | null): readonly Part[] =>
  found === null ? [] : [leaf({ _tag: 'activate', name: '', activation: found })]

const readers: Readonly<Record<string, Reader>> = {
  Conv2D: reader({ filters: wholeNumber, groups: fixed(1), ...slid }, config => [
    leaf(
      { _tag: 'conv', filters: config.filters, ...windowOf(config), ...unitOf(config) },
      productOf('kernel', config),
    ),
  ]),
  DepthwiseConv2D: reader({ depth_multiplier: fixed(1), ...slid }, config => [
    leaf(
      { _tag: 'depthwise', ...windowOf(config), ...unitOf(config) },
      productOf('depthwise_kernel', config),
    ),
  ]),
  SeparableConv2D: reader({ filters: wholeNumber, depth_multiplier: fixed(1), ...slid }, config => [
    leaf(
      { _tag: 'depthwise', ...windowOf(config), ...unitOf({ use_bias: false, activation: null }) },
      { kernel: stored('depthwise_kernel') },
      ['depthwise'],
    ),
    leaf(
      {
        _tag: 'conv',
        filters: config.filters,
        ...{ kernel: 1, stride: 1, dilation: 1, padding: 'same' as const },
        ...unitOf(config),
      },
      productOf('pointwise_kernel', config),
      ['point'],
    ),
  ]),
  Dense: reader({ units: wholeNumber, ...unit }, config => [
    leaf({ _tag: 'dense', units: config.units, ...unitOf(config) }, productOf('kernel', config)),
  ]),
  BatchNormalization: reader(
    {
      axis: option(oneAxis, last),
      momentum: option(share, 0.99),
      epsilon: option(positive, 1e-3),
      scale: option(t.boolean, true),
      center: option(t.boolean, true),
    },
    ({ axis, momentum, epsilon, scale, center }) => [
      leaf(
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
  Activation: reader({ activation }, config => activated(config.activation)),
  ReLU: reader(
    {
      max_value: option(
        refined('6', u => (u === 6 ? ('relu6' as const) : undefined)),
        'relu' as const,
      ),
      negative_slope: fixed(0),
      threshold: fixed(0),
    },
    ({ max_value }) => activated(max_value),
  ),
  ZeroPadding2D: reader({ padding: around, ...channelsLast }, ({ padding }) => [
    { _tag: 'pad', by: padding },
  ]),
  MaxPooling2D: pool('maxPool'),
  AveragePooling2D: pool('avgPool'),
  GlobalAveragePooling2D: reader({ keepdims: fixed(false), ...channelsLast }, () => [
    leaf({ _tag: 'globalAvgPool', name: '' }),
  ]),
  Flatten: reader(channelsLast, () => [leaf({ _tag: 'flatten', name: '' })]),
  Dropout: reader({ rate: share }, ({ rate }) => [leaf({ _tag: 'dropout', name: '', rate })]),
}

/** How a class is read; undefined for one that no word stands for. */
export const readerOf = (className: string): Reader | undefined =>
  Object.hasOwn(readers, className) ? readers[className] : undefined

/** Layers that join branches: they are no words of their own. */
const joins = ['Add', 'Concatenate']

/** Every class that is read; a softmax only at the end. */
export const supported: readonly string[] = [...Object.keys(readers), ...joins, 'Softmax'].toSorted()
