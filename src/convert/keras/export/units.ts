/** Keras layers for a unit: padding, its product, its batch norm, its activation. */
import type { Path } from '../../../net/path.js'
import type { Conv, Dense, Depthwise } from '../../../net/tree.js'
import type { Tensor } from '../../../net/weights.js'
import { sidesOf, slidesOf } from '../../../net/window.js'
import { type Config, type KerasWeight, nameOf, partOf } from '../keras.js'
import { kerasActivation } from './activations.js'
import { add, type Context, channelsLast, inputOf, weightAt } from './context.js'
import { addActivation, addBatchNorm, addZeros } from './leaves.js'
import { spread } from './spread.js'

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
        config: { filters: layer.filters, ...windowConfig(layer), dilation_rate: sidesOf(layer.dilation) },
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

export const addUnit = (context: Context, layer: Unit, path: Path, from: string): string => {
  const { className, config, kernel } = productOf(layer, weightAt(context, path, 'kernel'))
  const { bias, norm, activation } = layer
  const name = nameOf(path)
  const own = norm === null && activation !== null ? kerasActivation(activation) : null
  const option = own?._tag === 'option' ? own.name : 'linear'
  const product = add(
    context,
    className,
    name,
    { ...config, use_bias: bias, activation: option },
    [addPadding(context, layer, path, from)],
    [
      { name: `${name}/${kernel.name}`, tensor: kernel.tensor },
      ...(bias ? [{ name: `${name}/bias`, tensor: weightAt(context, path, 'bias') }] : []),
    ],
  )
  const normed = norm === null ? product : addBatchNorm(context, norm, path, partOf(path, 'norm'), product)
  return own?._tag === 'option'
    ? normed
    : addActivation(context, activation, partOf(path, 'activation'), normed)
}
