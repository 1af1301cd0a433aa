/** From the tree to the layers of a functional Keras model: a unit becomes up to four of them. */

import type { Activation, Conv, Dense, Depthwise, Layer, Normalisation, Pool } from '../../net/layer.js'
import { under } from '../../net/path.js'
import { keyOf, type SlotName } from '../../net/slots.js'
import type { Model, Tensor } from '../../net/weights.js'
import { type Config, inputName, type KerasLayer, type KerasWeight, nameOf, partOf } from './keras.js'
import { spread } from './spread.js'

/** The functional model: its layers in the order of computation, the last of which gives the output. */
export interface Topology {
  readonly name: string
  readonly layers: readonly KerasLayer[]
  readonly output: string
}

const both = (size: number): readonly [number, number] => [size, size]

const last = { data_format: 'channels_last' } as const

const poolClass = { maxPool: 'MaxPooling2D', avgPool: 'AveragePooling2D' } as const

const poolConfig = ({ size, stride, padding }: Pool): Config => ({
  pool_size: both(size),
  strides: both(stride),
  padding,
  ...last,
})

type Unit = Conv | Depthwise | Dense

/** What a product is: its class, its options but those every unit has, and what its kernel is called. */
interface Product {
  readonly className: string
  readonly config: Config
  readonly kernel: KerasWeight
}

const slid = ({ kernel, stride, padding }: Conv | Depthwise): Config => ({
  kernel_size: both(kernel),
  strides: both(stride),
  padding: padding === 'same' ? 'same' : 'valid',
  ...last,
})

/** A model's layers as Keras knows them, named by their paths. The model fits its net. */
export const topology = ({ net, weights }: Model): Topology => {
  const layers: KerasLayer[] = []

  const add = (
    className: string,
    name: string,
    config: Config,
    from: readonly string[],
    held: readonly KerasWeight[] = [],
  ): string => {
    layers.push({ className, name, config: { name, ...config }, from, weights: held })
    return name
  }

  const weight = (path: string, slot: SlotName): Tensor => weights[keyOf(path, slot)] as Tensor // the model was checked

  const activated = (activation: Activation | null, name: string, x: string): string =>
    activation === null ? x : add('Activation', name, { activation }, [x])

  const normalised = ({ momentum, epsilon }: Normalisation, path: string, name: string, x: string): string =>
    add(
      'BatchNormalization',
      name,
      { axis: -1, momentum, epsilon, center: true, scale: true },
      [x],
      [
        { name: `${name}/gamma`, tensor: weight(path, 'scale') },
        { name: `${name}/beta`, tensor: weight(path, 'shift') },
        { name: `${name}/moving_mean`, tensor: weight(path, 'mean') },
        { name: `${name}/moving_variance`, tensor: weight(path, 'variance') },
      ],
    )

  const padded = (layer: Unit, path: string, x: string): string =>
    'padding' in layer && typeof layer.padding === 'number' && layer.padding > 0
      ? add(
          'ZeroPadding2D',
          partOf(path, 'pad'),
          { padding: [both(layer.padding), both(layer.padding)], ...last },
          [x],
        )
      : x

  const productOf = (layer: Unit, path: string): Product => {
    const kernel = weight(path, 'kernel')
    switch (layer._tag) {
      case 'conv':
        return {
          className: 'Conv2D',
          config: { filters: layer.filters, ...slid(layer), dilation_rate: both(layer.dilation) },
          kernel: { name: 'kernel', tensor: kernel },
        }
      case 'depthwise': {
        const close = spread(kernel, layer.dilation)
        return {
          className: 'DepthwiseConv2D',
          config: { ...slid(layer), kernel_size: both(close.shape[0] ?? 1), depth_multiplier: 1 },
          kernel: { name: 'depthwise_kernel', tensor: close },
        }
      }
      case 'dense':
        return {
          className: 'Dense',
          config: { units: layer.units },
          kernel: { name: 'kernel', tensor: kernel },
        }
    }
  }

  const unit = (layer: Unit, path: string, x: string): string => {
    const { className, config, kernel } = productOf(layer, path)
    const { bias, norm, activation } = layer
    const name = nameOf(path)
    const product = add(
      className,
      name,
      { ...config, use_bias: bias, activation: norm === null ? (activation ?? 'linear') : 'linear' },
      [padded(layer, path, x)],
      [
        { name: `${name}/${kernel.name}`, tensor: kernel.tensor },
        ...(bias ? [{ name: `${name}/bias`, tensor: weight(path, 'bias') }] : []),
      ],
    )
    return norm === null
      ? product
      : activated(
          activation,
          partOf(path, 'activation'),
          normalised(norm, path, partOf(path, 'norm'), product),
        )
  }

  const visit = (layer: Layer, path: string, x: string): string => {
    const name = nameOf(path)
    const child = (each: Layer, from: string) => visit(each, under(path, each.name), from)
    switch (layer._tag) {
      case 'conv':
      case 'depthwise':
      case 'dense':
        return unit(layer, path, x)
      case 'maxPool':
      case 'avgPool':
        return add(poolClass[layer._tag], name, poolConfig(layer), [x])
      case 'globalAvgPool':
        return add('GlobalAveragePooling2D', name, last, [x])
      case 'flatten':
        return add('Flatten', name, last, [x])
      case 'dropout':
        return add('Dropout', name, { rate: layer.rate }, [x])
      case 'norm':
        return normalised(layer, path, name, x)
      case 'activate':
        return activated(layer.activation, name, x)
      case 'stack':
        return layer.layers.reduce((from, each) => child(each, from), x)
      case 'concat': {
        const branches = layer.branches.map(branch => child(branch, x))
        return branches.length === 1 ? (branches[0] ?? x) : add('Concatenate', name, { axis: -1 }, branches)
      }
      case 'residual': {
        const sum = add('Add', name, {}, [child(layer.body, x), child(layer.shortcut, x)])
        return activated(layer.activation, partOf(path, 'activation'), sum)
      }
    }
  }

  const images = add(
    'InputLayer',
    inputName,
    { batch_input_shape: [null, ...net.input], dtype: 'float32', sparse: false },
    [],
  )
  const output = visit(net.body, '', images)
  return { name: net.name, layers, output }
}

const layerJson = ({ className, name, config, from }: KerasLayer): Config => ({
  class_name: className,
  name,
  config,
  inbound_nodes: from.length === 0 ? [] : [from.map(layer => [layer, 0, 0, {}])],
})

/** The functional model as the JSON that tfjs and Keras 2 read. */
export const topologyJson = ({ name, layers, output }: Topology): Config => ({
  class_name: 'Model',
  config: {
    name,
    layers: layers.map(layerJson),
    input_layers: [[inputName, 0, 0]],
    output_layers: [[output, 0, 0]],
  },
})
