/** Converts units: padding, a product with its bias, batch norm and an activation become up to four layers. */
import type { Path } from '../../../net/path.js'
import { channelsOf, type Shape } from '../../../net/shape.js'
import type { Conv, Dense, Depthwise } from '../../../net/tree.js'
import type { WeightName } from '../../../net/weight-specs.js'
import type { Tensor } from '../../../net/weights.js'
import { sidesOf, slidesOf } from '../../../net/window.js'
import { type Config, type KerasWeight, nameOf, partOf } from '../keras.js'
import { addSlice, sliceLast } from './channels.js'
import { add, type Context, channelsLast, inputOf, namesAt, weightAt } from './context.js'
import { dilateKernel } from './dilate-kernel.js'
import { addActivation, addBatchNorm, addZeros } from './leaves.js'

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

/** The zeros before and behind each side that Keras has as a layer of its own; none where its padding has a name. */
const zerosOf = (context: Context, layer: Unit, path: Path): readonly number[] =>
  !('padding' in layer) || typeof layer.padding === 'string'
    ? []
    : slidesOf(inputOf(context, path), { ...layer, size: layer.kernel }).flatMap(({ before, after }) => [
        before,
        after,
      ])

/** A map with zeros around it. */
const withZeros = (
  [height = 0, width = 0, channels = 0]: Shape,
  [top = 0, bottom = 0, left = 0, right = 0]: readonly number[],
): Shape => [height + top + bottom, width + left + right, channels]

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
      const denseKernel = dilateKernel(kernel, layer.dilation)
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

/** Whether a unit's product can have its activation as an option. */
const hasActivationOption = ({ dialect }: Context, { norm, activation }: Unit): boolean =>
  norm === null && activation !== null && dialect.activation(activation)?._tag === 'option'

/** The product of a unit with its bias, and its activation where that can be an option. */
const addProduct = (
  context: Context,
  layer: Unit,
  name: string,
  weights: { readonly kernel: Tensor; readonly bias: Tensor | null },
  from: string,
): string => {
  const { className, config, kernel } = productOf(layer, weights.kernel)
  const own = layer.activation === null ? null : context.dialect.activation(layer.activation)
  const activation = hasActivationOption(context, layer) && own?._tag === 'option' ? own.name : 'linear'
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
const addGroups = (context: Context, conv: Conv, path: Path, from: string): string => {
  const { name, part } = namesAt(path)
  const input = withZeros(inputOf(context, path), zerosOf(context, conv, path))
  const [size, filters] = [channelsOf(input) / conv.groups, conv.filters / conv.groups]
  const weight = (slot: WeightName, nth: number) =>
    sliceLast(weightAt(context, path, slot), nth * filters, filters)
  const products = Array.from({ length: conv.groups }, (_, nth) => {
    const names = { name: part(`slice${nth}`), part: (step: string) => part(`slice${nth}.${step}`) }
    const slice = addSlice(context, names, { first: nth * size, size }, input, from)
    const weights = { kernel: weight('kernel', nth), bias: conv.bias ? weight('bias', nth) : null }
    return addProduct(context, { ...conv, filters, groups: 1 }, part(`group${nth}`), weights, slice)
  })
  return add(context, 'Concatenate', name, { axis: -1 }, products)
}

export const addUnit = (context: Context, layer: Unit, path: Path, from: string): string => {
  const { bias, norm, activation } = layer
  const padded = addZeros(context, zerosOf(context, layer, path), path, from)
  const weight = (slot: WeightName) => weightAt(context, path, slot)
  const weights = { kernel: weight('kernel'), bias: bias ? weight('bias') : null }
  const product =
    layer._tag === 'conv' && layer.groups > 1 && !context.dialect.hasGroups
      ? addGroups(context, layer, path, padded)
      : addProduct(context, layer, nameOf(path), weights, padded)
  const normed = norm === null ? product : addBatchNorm(context, norm, path, partOf(path, 'norm'), product)
  return hasActivationOption(context, layer)
    ? normed
    : addActivation(context, activation, partOf(path, 'activation'), normed)
}
