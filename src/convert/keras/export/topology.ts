/** Converts a net to the layers of a functional Keras model; a unit becomes up to four layers. */
import type { Inferred } from '../../../net/infer.js'
import { type Algebra, interpret } from '../../../net/interpret.js'
import { childPath, type Path } from '../../../net/path.js'
import { channelsOf, rankOf, type Shape } from '../../../net/shape.js'
import type {
  Activation,
  BatchNorm,
  Conv,
  Dense,
  Depthwise,
  DropPath,
  LayerNorm,
  Leaf,
  Pool,
} from '../../../net/tree.js'
import { type WeightName, weightKey } from '../../../net/weight-specs.js'
import type { Model, Tensor } from '../../../net/weights.js'
import { sidesOf, slidesOf } from '../../../net/window.js'
import { type Config, inputName, type KerasLayer, type KerasWeight, nameOf, partOf } from '../keras.js'
import { addGate, addShuffle, addSlice, sliceLast } from './channels.js'
import { add, type Context, channelsLast } from './context.js'
import type { Dialect } from './dialect.js'
import { poolEnds, poolPadding } from './pool-padding.js'
import { spread } from './spread.js'

/** A functional model: its layers in topological order, and the name of its output layer. */
export interface Topology {
  readonly name: string
  readonly layers: readonly KerasLayer[]
  readonly output: string
}

const poolClass = { maxPool: 'MaxPooling2D', avgPool: 'AveragePooling2D' } as const

const poolConfig = ({ size, stride }: Pool, padding: 'same' | 'valid'): Config => ({
  pool_size: sidesOf(size),
  strides: sidesOf(stride),
  padding,
  ...channelsLast,
})

type Unit = Conv | Depthwise | Dense

/** The Keras layer of a product: its class, its own options, and its kernel's name and tensor. */
interface Product {
  readonly className: string
  readonly config: Config
  readonly kernel: KerasWeight
}

const windowConfig = ({ kernel, stride, padding }: Conv | Depthwise): Config => ({
  kernel_size: sidesOf(kernel),
  strides: sidesOf(stride),
  padding: padding === 'same' ? 'same' : 'valid',
  ...channelsLast,
})

const weightAt = ({ weights }: Context, path: Path, slot: WeightName): Tensor =>
  weights[weightKey(path, slot)] as Tensor // the model was checked

const addActivation = (
  context: Context,
  activation: Activation | null,
  name: string,
  from: string,
): string => {
  const found = activation === null ? null : context.dialect.activation(activation)
  if (found === null) return from // the net was checked: Keras has its activations
  return found._tag === 'option'
    ? add(context, 'Activation', name, { activation: found.name }, [from])
    : add(context, found.className, name, found.config, [from])
}

const inputOf = ({ inferred }: Context, path: Path): Shape => inferred.get(path)?.input ?? []

/** Zeros around a map, as a layer of their own; none where there are none. */
const addZeros = (context: Context, ends: readonly number[], path: Path, from: string): string => {
  const padding = [ends.slice(0, 2), ends.slice(2)]
  return ends.every(end => end === 0)
    ? from
    : add(context, 'ZeroPadding2D', partOf(path, 'pad'), { padding, ...channelsLast }, [from])
}

const addPool = (context: Context, pool: Pool, path: Path, from: string): string => {
  const map = inputOf(context, path)
  const padding = poolPadding(pool, map)
  const padded = padding === 'zeros' ? addZeros(context, poolEnds(pool, map), path, from) : from
  const config = poolConfig(pool, padding === 'same' ? 'same' : 'valid')
  return add(context, poolClass[pool._tag], nameOf(path), config, [padded])
}

const addLayerNorm = (context: Context, { epsilon }: LayerNorm, path: Path, from: string): string => {
  const name = nameOf(path)
  return add(
    context,
    'LayerNormalization',
    name,
    { axis: -1, epsilon, center: true, scale: true },
    [from],
    [
      { name: `${name}/gamma`, tensor: weightAt(context, path, 'scale') },
      { name: `${name}/beta`, tensor: weightAt(context, path, 'shift') },
    ],
  )
}

/** A factor a channel is a channelwise 1×1 convolution; a vector is a map of one pixel for it. */
const addScale = (context: Context, path: Path, from: string): string => {
  const input = inputOf(context, path)
  const { data } = weightAt(context, path, 'scale')
  const product = (name: string, map: string): string =>
    add(
      context,
      'DepthwiseConv2D',
      name,
      { kernel_size: [1, 1], depth_multiplier: 1, use_bias: false, ...channelsLast },
      [map],
      [{ name: `${name}/depthwise_kernel`, tensor: { shape: [1, 1, channelsOf(input), 1], data } }],
    )
  if (rankOf(input) === 'map') return product(nameOf(path), from)
  const map = add(context, 'Reshape', partOf(path, 'map'), { target_shape: [1, 1, ...input] }, [from])
  return add(context, 'Flatten', nameOf(path), channelsLast, [product(partOf(path, 'scale'), map)])
}

/** One decision an image. */
const addDropPath = (context: Context, { rate }: DropPath, path: Path, from: string): string =>
  add(
    context,
    'Dropout',
    nameOf(path),
    { rate, noise_shape: [null, ...inputOf(context, path).map(() => 1)] },
    [from],
  )

const addBatchNorm = (
  context: Context,
  { momentum, epsilon }: BatchNorm,
  path: Path,
  name: string,
  from: string,
): string =>
  add(
    context,
    'BatchNormalization',
    name,
    { axis: -1, momentum, epsilon, center: true, scale: true },
    [from],
    [
      { name: `${name}/gamma`, tensor: weightAt(context, path, 'scale') },
      { name: `${name}/beta`, tensor: weightAt(context, path, 'shift') },
      { name: `${name}/moving_mean`, tensor: weightAt(context, path, 'mean') },
      { name: `${name}/moving_variance`, tensor: weightAt(context, path, 'variance') },
    ],
  )

/** Keras has explicit padding as a layer of its own. */
const addPadding = (context: Context, layer: Unit, path: Path, from: string): string => {
  if (!('padding' in layer) || typeof layer.padding === 'string') return from
  const slides = slidesOf(inputOf(context, path), { ...layer, size: layer.kernel })
  return addZeros(
    context,
    slides.flatMap(({ before, after }) => [before, after]),
    path,
    from,
  )
}

const productOf = (layer: Unit, kernel: Tensor): Product => {
  switch (layer._tag) {
    case 'conv':
      return {
        className: 'Conv2D',
        config: {
          filters: layer.filters,
          ...windowConfig(layer),
          dilation_rate: sidesOf(layer.dilation),
          ...(layer.groups > 1 && { groups: layer.groups }),
        },
        kernel: { name: 'kernel', tensor: kernel },
      }
    case 'depthwise': {
      const denseKernel = spread(kernel, layer.dilation)
      return {
        className: 'DepthwiseConv2D',
        config: { ...windowConfig(layer), kernel_size: denseKernel.shape.slice(0, 2), depth_multiplier: 1 },
        kernel: { name: 'depthwise_kernel', tensor: denseKernel },
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

const shapesAt = ({ inferred }: Context, path: Path): readonly [input: Shape, output: Shape] => {
  const { input = [], output = [] } = inferred.get(path) ?? {}
  return [input, output]
}

const namesAt = (path: Path) => ({ name: nameOf(path), part: (part: string) => `${nameOf(path)}.${part}` })

/** The product of a unit with its bias, and its activation where no batch norm stands between. */
const addProduct = (
  context: Context,
  layer: Unit,
  name: string,
  weights: { readonly kernel: Tensor; readonly bias: Tensor | null },
  from: string,
): string => {
  const { className, config, kernel } = productOf(layer, weights.kernel)
  const own =
    layer.norm === null && layer.activation !== null ? context.dialect.activation(layer.activation) : null
  const activation = own?._tag === 'option' ? own.name : 'linear'
  return add(
    context,
    className,
    name,
    { ...config, use_bias: layer.bias, activation },
    [from],
    [
      { name: `${name}/${kernel.name}`, tensor: kernel.tensor },
      ...(weights.bias === null ? [] : [{ name: `${name}/bias`, tensor: weights.bias }]),
    ],
  )
}

/** The convolution of each group, side by side: the one of tfjs knows no groups. */
const addGroups = (context: Context, conv: Conv, path: Path, from: string, input: Shape): string => {
  const { name, part } = namesAt(path)
  const [size, filters] = [channelsOf(input) / conv.groups, conv.filters / conv.groups]
  const weight = (slot: WeightName, nth: number) =>
    sliceLast(weightAt(context, path, slot), nth * filters, filters)
  const group = { ...conv, filters, groups: 1 }
  const products = Array.from({ length: conv.groups }, (_, nth) => {
    const names = { name: part(`slice${nth}`), part: (step: string) => part(`slice${nth}.${step}`) }
    const slice = addSlice(context, names, { first: nth * size, size }, input, from)
    const weights = { kernel: weight('kernel', nth), bias: conv.bias ? weight('bias', nth) : null }
    return addProduct(context, group, part(`group${nth}`), weights, slice)
  })
  return add(context, 'Concatenate', name, { axis: -1 }, products)
}

const addUnit = (context: Context, layer: Unit, path: Path, from: string): string => {
  const { bias, norm, activation } = layer
  const padded = addPadding(context, layer, path, from)
  const weights = {
    kernel: weightAt(context, path, 'kernel'),
    bias: bias ? weightAt(context, path, 'bias') : null,
  }
  const product =
    layer._tag === 'conv' && layer.groups > 1 && !context.dialect.hasGroups
      ? addGroups(context, layer, path, padded, shapesAt(context, path)[0])
      : addProduct(context, layer, nameOf(path), weights, padded)
  const normed = norm === null ? product : addBatchNorm(context, norm, path, partOf(path, 'norm'), product)
  const isOption =
    norm === null && activation !== null && context.dialect.activation(activation)?._tag === 'option'
  return isOption ? normed : addActivation(context, activation, partOf(path, 'activation'), normed)
}

const addLeaf =
  (context: Context) =>
  (leaf: Leaf, path: Path, from: string): string => {
    const name = nameOf(path)
    switch (leaf._tag) {
      case 'conv':
      case 'depthwise':
      case 'dense':
        return addUnit(context, leaf, path, from)
      case 'maxPool':
      case 'avgPool':
        return addPool(context, leaf, path, from)
      case 'globalAvgPool':
        return add(context, 'GlobalAveragePooling2D', name, channelsLast, [from])
      case 'globalMaxPool':
        return add(context, 'GlobalMaxPooling2D', name, channelsLast, [from])
      case 'flatten':
        return add(context, 'Flatten', name, channelsLast, [from])
      case 'dropout':
        return add(context, 'Dropout', name, { rate: leaf.rate }, [from])
      case 'dropPath':
        return addDropPath(context, leaf, path, from)
      case 'layerNorm':
        return addLayerNorm(context, leaf, path, from)
      case 'scale':
        return addScale(context, path, from)
      case 'norm':
        return addBatchNorm(context, leaf, path, name, from)
      case 'activate':
        return addActivation(context, leaf.activation, name, from)
      case 'channelShuffle':
        return addShuffle(context, namesAt(path), leaf.groups, shapesAt(context, path)[0], from)
      case 'channelSlice': {
        const place = { first: leaf.from, size: leaf.size }
        return addSlice(context, namesAt(path), place, shapesAt(context, path)[0], from)
      }
    }
  }

const algebra = (context: Context): Algebra<string> => ({
  leaf: addLeaf(context),
  concat: (branches, _layer, path) =>
    branches.length === 1
      ? (branches[0] ?? nameOf(path))
      : add(context, 'Concatenate', nameOf(path), { axis: -1 }, branches),
  residual: (body, shortcut, { activation }, path) =>
    addActivation(
      context,
      activation,
      partOf(path, 'activation'),
      add(context, 'Add', nameOf(path), {}, [body, shortcut]),
    ),
  gate: (factors, { body }, path, from) => {
    const [input] = shapesAt(context, path)
    const [, given] = shapesAt(context, childPath(path, body.name))
    return addGate(context, namesAt(path), [given, input], factors, from)
  },
})

/** Converts a checked model to Keras layers, which are named by their paths. */
export const topology =
  (dialect: Dialect) =>
  ({ net, weights }: Model, inferred: Inferred): Topology => {
    const context: Context = { layers: [], inferred, weights, dialect }
    const images = add(
      context,
      'InputLayer',
      inputName,
      { [dialect.inputShape]: [null, ...net.input], dtype: 'float32', sparse: false },
      [],
    )
    const output = interpret(algebra(context))(net.body, '', images)
    return { name: net.name, layers: context.layers, output }
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
