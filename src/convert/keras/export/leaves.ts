/** Keras layers for the leaves of a net that are no units: activations, norms, pools, padding, scales. */

import type { Activation } from '../../../net/activation.js'
import type { Path } from '../../../net/path.js'
import { channelsOf, rankOf } from '../../../net/shape.js'
import type { BatchNorm, DropPath, LayerNorm, Pool } from '../../../net/tree.js'
import { sidesOf } from '../../../net/window.js'
import { type Config, type KerasWeight, nameOf, partOf } from '../keras.js'
import { add, type Context, channelsLast, inputOf, weightAt } from './context.js'
import { poolEnds, poolPadding } from './pool-padding.js'

export const addActivation = (
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

/** Zeros around a map, as a layer of their own; none where there are none. */
export const addZeros = (context: Context, ends: readonly number[], path: Path, from: string): string => {
  const padding = [ends.slice(0, 2), ends.slice(2)]
  return ends.every(end => end === 0)
    ? from
    : add(context, 'ZeroPadding2D', partOf(path, 'pad'), { padding, ...channelsLast }, [from])
}

const poolClass = { maxPool: 'MaxPooling2D', avgPool: 'AveragePooling2D' } as const

const poolConfig = ({ size, stride }: Pool, padding: 'same' | 'valid'): Config => ({
  pool_size: sidesOf(size),
  strides: sidesOf(stride),
  padding,
  ...channelsLast,
})

export const addPool = (context: Context, pool: Pool, path: Path, from: string): string => {
  const map = inputOf(context, path)
  const padding = poolPadding(pool, map, context.nonNegative.has(path))
  const padded = padding === 'zeros' ? addZeros(context, poolEnds(pool, map), path, from) : from
  const config = poolConfig(pool, padding === 'same' ? 'same' : 'valid')
  return add(context, poolClass[pool._tag], nameOf(path), config, [padded])
}

/** The weights that batch norm and layer norm have in common. */
const scaleAndShift = (context: Context, path: Path, name: string): readonly KerasWeight[] => [
  { name: `${name}/gamma`, tensor: weightAt(context, path, 'scale') },
  { name: `${name}/beta`, tensor: weightAt(context, path, 'shift') },
]

export const addLayerNorm = (context: Context, { epsilon }: LayerNorm, path: Path, from: string): string => {
  const name = nameOf(path)
  const config = { axis: -1, epsilon, center: true, scale: true }
  return add(context, 'LayerNormalization', name, config, [from], scaleAndShift(context, path, name))
}

/** A factor a channel is a channelwise 1×1 convolution; a vector is a map of one pixel for it. */
export const addScale = (context: Context, path: Path, from: string): string => {
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
export const addDropPath = (context: Context, { rate }: DropPath, path: Path, from: string): string =>
  add(
    context,
    'Dropout',
    nameOf(path),
    { rate, noise_shape: [null, ...inputOf(context, path).map(() => 1)] },
    [from],
  )

export const addBatchNorm = (
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
      ...scaleAndShift(context, path, name),
      { name: `${name}/moving_mean`, tensor: weightAt(context, path, 'mean') },
      { name: `${name}/moving_variance`, tensor: weightAt(context, path, 'variance') },
    ],
  )
