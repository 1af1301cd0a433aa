/** Converts a net to the layers of a functional Keras model; a unit becomes up to four layers. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { NetError } from '../../../net/error.js'
import { type Inferred, infer } from '../../../net/infer.js'
import { type Algebra, interpret } from '../../../net/interpret.js'
import { childPath, type Path } from '../../../net/path.js'
import { channelsOf, type Shape } from '../../../net/shape.js'
import type { Activation, BatchNorm, Conv, Dense, Depthwise, Leaf, Pool } from '../../../net/tree.js'
import { type WeightName, weightKey } from '../../../net/weight-specs.js'
import type { Model, Tensor } from '../../../net/weights.js'
import { type Config, inputName, type KerasLayer, type KerasWeight, nameOf, partOf } from '../keras.js'
import { addGate, addShuffle, addSlice, sliceLast } from './channels.js'
import { add, type Context, channelsLast } from './context.js'
import { spread } from './spread.js'

/** A functional model: its layers in topological order, and the name of its output layer. */
export interface Topology {
  readonly name: string
  readonly layers: readonly KerasLayer[]
  readonly output: string
}

const pair = (size: number): readonly [number, number] => [size, size]

const poolClass = { maxPool: 'MaxPooling2D', avgPool: 'AveragePooling2D' } as const

const poolConfig = ({ size, stride, padding }: Pool): Config => ({
  pool_size: pair(size),
  strides: pair(stride),
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
  kernel_size: pair(kernel),
  strides: pair(stride),
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
): string => (activation === null ? from : add(context, 'Activation', name, { activation }, [from]))

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
  if (!('padding' in layer) || typeof layer.padding !== 'number' || layer.padding === 0) return from
  const padding = [pair(layer.padding), pair(layer.padding)]
  return add(context, 'ZeroPadding2D', partOf(path, 'pad'), { padding, ...channelsLast }, [from])
}

const productOf = (layer: Unit, kernel: Tensor): Product => {
  switch (layer._tag) {
    case 'conv':
      return {
        className: 'Conv2D',
        config: { filters: layer.filters, ...windowConfig(layer), dilation_rate: pair(layer.dilation) },
        kernel: { name: 'kernel', tensor: kernel },
      }
    case 'depthwise': {
      const denseKernel = spread(kernel, layer.dilation)
      return {
        className: 'DepthwiseConv2D',
        config: { ...windowConfig(layer), kernel_size: pair(denseKernel.shape[0] ?? 1), depth_multiplier: 1 },
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
  const activation = layer.norm === null ? (layer.activation ?? 'linear') : 'linear'
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
    layer._tag === 'conv' && layer.groups > 1
      ? addGroups(context, layer, path, padded, shapesAt(context, path)[0])
      : addProduct(context, layer, nameOf(path), weights, padded)
  if (norm === null) return product
  const normName = addBatchNorm(context, norm, path, partOf(path, 'norm'), product)
  return addActivation(context, activation, partOf(path, 'activation'), normName)
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
        return add(context, poolClass[leaf._tag], name, poolConfig(leaf), [from])
      case 'globalAvgPool':
        return add(context, 'GlobalAveragePooling2D', name, channelsLast, [from])
      case 'flatten':
        return add(context, 'Flatten', name, channelsLast, [from])
      case 'dropout':
        return add(context, 'Dropout', name, { rate: leaf.rate }, [from])
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

const topologyOf = ({ net, weights }: Model, inferred: Inferred): Topology => {
  const context: Context = { layers: [], inferred, weights }
  const shape = [null, ...net.input]
  const images = add(
    context,
    'InputLayer',
    inputName,
    { batch_input_shape: shape, dtype: 'float32', sparse: false },
    [],
  )
  const output = interpret(algebra(context))(net.body, '', images)
  return { name: net.name, layers: context.layers, output }
}

/** Converts a checked model to Keras layers, which are named by their paths. Errors  those of `infer` */
export const topology = (model: Model): E.Either<NetError, Topology> =>
  pipe(
    infer(model.net),
    E.map(inferred => topologyOf(model, inferred)),
  )

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
