/** What each layer without layers in it computes, in primitive operations. */
import { isInside, type Path } from '../net/path.js'
import { channelsOf, type Shape, sizeOf } from '../net/shape.js'
import type { BatchNorm, Conv, Dense, Depthwise, Leaf, OwnLayer, Pool } from '../net/tree.js'
import { type WeightName, weightKey } from '../net/weight-specs.js'
import type { PoolWindow, Value, Window } from './graph.js'
import { activate } from './lower-activation.js'
import { type Lowering, weightAt } from './lowering.js'
import * as op from './operations.js'

const windowOf = ({ stride, dilation, padding }: Omit<Conv, 'groups'> | Depthwise): Window => ({
  stride,
  dilation,
  padding,
})
const poolOf = ({ size, stride, padding }: Pool): PoolWindow => ({ size, stride, padding, dilation: 1 })

const lowerNorm = (lowering: Lowering, x: Value, path: Path, { momentum, epsilon }: BatchNorm): Value => {
  const weight = (slot: WeightName) => weightAt(lowering, path, slot)
  const [scale, shift] = [weight('scale'), weight('shift')]
  const { mode, frozen = [] } = lowering.options
  if (mode === 'inference' || frozen.some(place => isInside(place, path)))
    return op.normalise(x, scale, shift, weight('mean'), weight('variance'), epsilon)
  const y = op.batchNorm(x, scale, shift, epsilon)
  lowering.statistics.push(
    { key: weightKey(path, 'mean'), seen: op.splitPart(1, y, scale.shape), keep: momentum },
    { key: weightKey(path, 'variance'), seen: op.splitPart(2, y, scale.shape), keep: momentum },
  )
  return y
}

const lowerUnit = (
  lowering: Lowering,
  product: Value,
  path: Path,
  { bias, norm, activation }: Conv | Depthwise | Dense,
): Value => {
  const shifted = bias ? op.add(product, weightAt(lowering, path, 'bias')) : product
  return activate(activation, norm === null ? shifted : lowerNorm(lowering, shifted, path, norm))
}

/** Over the channels of each position. */
const lowerLayerNorm = (lowering: Lowering, x: Value, path: Path, epsilon: number): Value => {
  const channels = [x.shape.length - 1]
  const centred = op.sub(x, op.mean(x, channels, true))
  const deviation = op.sqrt(op.add(op.mean(op.square(centred), channels, true), epsilon))
  const scaled = op.mul(op.div(centred, deviation), weightAt(lowering, path, 'scale'))
  return op.add(scaled, weightAt(lowering, path, 'shift'))
}

/** One value of each channel: the largest of the whole map. */
const lowerGlobalMax = (x: Value): Value => {
  const [images = 0, height = 1, width = 1, channels = 0] = x.shape
  const whole: PoolWindow = { size: [height, width], stride: 1, dilation: 1, padding: 'valid' }
  return op.reshape(op.maxPool(x, whole), [images, channels])
}

/** Zeros at random: one decision for each value of `shape`. Divides by the share kept, so that the mean stays. */
const lowerDropout = (
  { options, noise }: Lowering,
  x: Value,
  path: Path,
  rate: number,
  shape: Shape,
): Value => {
  if (options.mode === 'inference' || options.dropout === false || rate === 0) return x
  const uniform = op.input(`noise/${path}`, shape)
  noise.push(uniform)
  return op.mul(x, op.mul(op.sub(1, op.greater(rate, uniform)), 1 / (1 - rate)))
}

/**
 * A convolution of each group's channels by its own filters, one beside another; where each group has one channel and
 * one filter, a depthwise one.
 */
const lowerConv = (x: Value, kernel: Value, { groups, ...conv }: Conv, whole: boolean): Value => {
  const [channels, filters] = [channelsOf(x.shape) / groups, conv.filters / groups]
  if (groups === 1 || whole) return op.conv(x, kernel, windowOf(conv))
  if (channels === 1 && filters === 1)
    return op.depthwise(x, op.reshape(kernel, [...kernel.shape.slice(0, 2), groups, 1]), windowOf(conv))
  const convolve = (_: unknown, nth: number): Value =>
    op.conv(op.slice(x, nth * channels, channels), op.slice(kernel, nth * filters, filters), windowOf(conv))
  return op.concat(Array.from({ length: groups }, convolve))
}

/** What the function of a user's own builds, which `infer` has tried. */
const lowerOwn = (lowering: Lowering, { call, options }: OwnLayer, path: Path, x: Value): Value => {
  const weight = (slot: WeightName) => weightAt(lowering, path, slot)
  const weights = {
    bias: weight('bias'),
    scale: weight('scale'),
    shift: weight('shift'),
    kernel: weight('kernel'),
  }
  return call?.(x.shape.slice(1), options).lower(x as never, weights as never) as Value // as `layer` made it
}

type LeafOf<T extends Leaf['_tag']> = Extract<Leaf, { readonly _tag: T }>

/** What a leaf at a path computes of its input. */
type Rule<L extends Leaf> = (lowering: Lowering, leaf: L, path: Path, x: Value) => Value

const kernelAt = (lowering: Lowering, path: Path): Value => weightAt(lowering, path, 'kernel')

const rules: { readonly [T in Leaf['_tag']]: Rule<LeafOf<T>> } = {
  conv: (lowering, leaf, path, x) => {
    const product = lowerConv(x, kernelAt(lowering, path), leaf, lowering.options.wholeGroups === true)
    return lowerUnit(lowering, product, path, leaf)
  },
  depthwise: (lowering, leaf, path, x) =>
    lowerUnit(lowering, op.depthwise(x, kernelAt(lowering, path), windowOf(leaf)), path, leaf),
  dense: (lowering, leaf, path, x) => lowerUnit(lowering, op.matmul(x, kernelAt(lowering, path)), path, leaf),
  maxPool: (_lowering, leaf, _path, x) => op.maxPool(x, poolOf(leaf)),
  avgPool: (_lowering, leaf, _path, x) => op.avgPool(x, poolOf(leaf), leaf.countPadding),
  globalAvgPool: (_lowering, _leaf, _path, x) => op.mean(x, [1, 2]),
  globalMaxPool: (_lowering, _leaf, _path, x) => lowerGlobalMax(x),
  flatten: ({ options }, _leaf, _path, x) => op.reshape(x, [options.batch, sizeOf(x.shape.slice(1))]),
  norm: (lowering, leaf, path, x) => lowerNorm(lowering, x, path, leaf),
  activate: (_lowering, { activation }, _path, x) => activate(activation, x),
  channelShuffle: (_lowering, { groups }, _path, x) => op.shuffle(x, groups),
  channelSlice: (_lowering, { from, size }, _path, x) => op.slice(x, from, size),
  layerNorm: (lowering, { epsilon }, path, x) => lowerLayerNorm(lowering, x, path, epsilon),
  scale: (lowering, _leaf, path, x) => op.mul(x, weightAt(lowering, path, 'scale')),
  own: lowerOwn,
  dropout: (lowering, { rate }, path, x) => lowerDropout(lowering, x, path, rate, x.shape),
  dropPath: (lowering, { rate }, path, x) => {
    const oneEach = [lowering.options.batch, ...x.shape.slice(1).map(() => 1)]
    return lowerDropout(lowering, x, path, rate, oneEach)
  },
}

/** What a leaf computes of its input. The compiler keeps the table complete. */
export const lowerLeaf =
  (lowering: Lowering) =>
  (leaf: Leaf, path: Path, x: Value): Value => {
    const rule = rules[leaf._tag] as Rule<Leaf> // the tag picks the entry
    return rule(lowering, leaf, path, x)
  }
