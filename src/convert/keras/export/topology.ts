/** From the tree to the layers of a functional Keras model: a unit becomes up to four of them. */
import { type Algebra, interpret } from '../../../net/interpret.js'
import type { Path } from '../../../net/path.js'
import type { Activation, BatchNorm, Conv, Dense, Depthwise, Leaf, Pool } from '../../../net/tree.js'
import { type WeightName, weightKey } from '../../../net/weight-specs.js'
import type { Model, Tensor, Weights } from '../../../net/weights.js'
import { type Config, inputName, type KerasLayer, type KerasWeight, nameOf, partOf } from '../keras.js'
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

/** The layers written so far, and the weights they are written from. */
interface Writing {
  readonly layers: KerasLayer[]
  readonly weights: Weights
}

/** Writes a layer behind others, and gives its name. */
const add = (
  { layers }: Writing,
  className: string,
  name: string,
  config: Config,
  from: readonly string[],
  weights: readonly KerasWeight[] = [],
): string => {
  layers.push({ className, name, config: { name, ...config }, from, weights })
  return name
}

const weightAt = ({ weights }: Writing, path: Path, slot: WeightName): Tensor =>
  weights[weightKey(path, slot)] as Tensor // the model was checked

const addActivation = (
  writing: Writing,
  activation: Activation | null,
  name: string,
  from: string,
): string => (activation === null ? from : add(writing, 'Activation', name, { activation }, [from]))

const addBatchNorm = (
  writing: Writing,
  { momentum, epsilon }: BatchNorm,
  path: Path,
  name: string,
  from: string,
): string =>
  add(
    writing,
    'BatchNormalization',
    name,
    { axis: -1, momentum, epsilon, center: true, scale: true },
    [from],
    [
      { name: `${name}/gamma`, tensor: weightAt(writing, path, 'scale') },
      { name: `${name}/beta`, tensor: weightAt(writing, path, 'shift') },
      { name: `${name}/moving_mean`, tensor: weightAt(writing, path, 'mean') },
      { name: `${name}/moving_variance`, tensor: weightAt(writing, path, 'variance') },
    ],
  )

/** Keras pads by numbers in a layer of its own. */
const addPadding = (writing: Writing, layer: Unit, path: Path, from: string): string => {
  if (!('padding' in layer) || typeof layer.padding !== 'number' || layer.padding === 0) return from
  const padding = [both(layer.padding), both(layer.padding)]
  return add(writing, 'ZeroPadding2D', partOf(path, 'pad'), { padding, ...last }, [from])
}

const productOf = (layer: Unit, kernel: Tensor): Product => {
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

const addUnit = (writing: Writing, layer: Unit, path: Path, from: string): string => {
  const { className, config, kernel } = productOf(layer, weightAt(writing, path, 'kernel'))
  const { bias, norm, activation } = layer
  const name = nameOf(path)
  const product = add(
    writing,
    className,
    name,
    { ...config, use_bias: bias, activation: norm === null ? (activation ?? 'linear') : 'linear' },
    [addPadding(writing, layer, path, from)],
    [
      { name: `${name}/${kernel.name}`, tensor: kernel.tensor },
      ...(bias ? [{ name: `${name}/bias`, tensor: weightAt(writing, path, 'bias') }] : []),
    ],
  )
  if (norm === null) return product
  const normalised = addBatchNorm(writing, norm, path, partOf(path, 'norm'), product)
  return addActivation(writing, activation, partOf(path, 'activation'), normalised)
}

const addLeaf =
  (writing: Writing) =>
  (leaf: Leaf, path: Path, from: string): string => {
    const name = nameOf(path)
    switch (leaf._tag) {
      case 'conv':
      case 'depthwise':
      case 'dense':
        return addUnit(writing, leaf, path, from)
      case 'maxPool':
      case 'avgPool':
        return add(writing, poolClass[leaf._tag], name, poolConfig(leaf), [from])
      case 'globalAvgPool':
        return add(writing, 'GlobalAveragePooling2D', name, last, [from])
      case 'flatten':
        return add(writing, 'Flatten', name, last, [from])
      case 'dropout':
        return add(writing, 'Dropout', name, { rate: leaf.rate }, [from])
      case 'norm':
        return addBatchNorm(writing, leaf, path, name, from)
      case 'activate':
        return addActivation(writing, leaf.activation, name, from)
    }
  }

const algebra = (writing: Writing): Algebra<string> => ({
  leaf: addLeaf(writing),
  concat: (branches, _layer, path) =>
    branches.length === 1
      ? (branches[0] ?? nameOf(path))
      : add(writing, 'Concatenate', nameOf(path), { axis: -1 }, branches),
  residual: (body, shortcut, { activation }, path) =>
    addActivation(
      writing,
      activation,
      partOf(path, 'activation'),
      add(writing, 'Add', nameOf(path), {}, [body, shortcut]),
    ),
})

/** A model's layers as Keras knows them, named by their paths. The model fits its net. */
export const topology = ({ net, weights }: Model): Topology => {
  const writing: Writing = { layers: [], weights }
  const shape = [null, ...net.input]
  const images = add(
    writing,
    'InputLayer',
    inputName,
    { batch_input_shape: shape, dtype: 'float32', sparse: false },
    [],
  )
  const output = interpret(algebra(writing))(net.body, '', images)
  return { name: net.name, layers: writing.layers, output }
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
