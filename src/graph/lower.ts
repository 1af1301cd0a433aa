/** Lowers a net to primitive operations, as an algebra of the interpreter. */
import type { CheckedNet } from '../net/infer.js'
import { interpret } from '../net/interpret.js'
import { isInside, type Path } from '../net/path.js'
import { channelsOf, type Shape, sizeOf } from '../net/shape.js'
import type { BatchNorm, Conv, Dense, Depthwise, Leaf, OwnLayer, Pool } from '../net/tree.js'
import { allWeightSpecs, type WeightName, weightKey } from '../net/weight-specs.js'
import { activate } from './activate.js'
import type { PoolWindow, Value, Window } from './graph.js'
import * as op from './operations.js'

/**
 * `training` normalises by the batch's own statistics and applies dropout and dropPath; `inference` normalises by the
 * running statistics and applies neither.
 */
export type Mode = 'training' | 'inference'

/** What a net is lowered for. */
export interface LowerOptions {
  readonly batch: number
  readonly mode: Mode
  /** Whether values are dropped while training; by default yes. */
  readonly dropout?: boolean
  /** Layers, with all inside them, that are normalised by their running statistics in training, too. */
  readonly frozen?: readonly Path[]
  /** Prefix of the weights' names, where two nets share a graph. */
  readonly prefix?: string
  /** Whether a grouped convolution stays one, which engines do not compute; by default it becomes one a group. */
  readonly wholeGroups?: boolean
  /** Another net's images; by default an input of their own, named `images`. */
  readonly images?: Value
}

/** A statistic of a batch, for the running statistic stored under `key`. */
export interface Statistic {
  readonly key: string
  readonly seen: Value
  /** The share of the old statistic that stays. */
  readonly keep: number
}

/** A net as primitive operations. */
export interface Lowered {
  readonly images: Value
  readonly logits: Value
  /** Each layer's output by path. */
  readonly at: ReadonlyMap<Path, Value>
  /** Each layer's input by path. */
  readonly into: ReadonlyMap<Path, Value>
  /** By key, the running statistics among them. */
  readonly weights: ReadonlyMap<string, Value>
  readonly statistics: readonly Statistic[]
  /** Inputs to feed with numbers uniform in [0, 1): one for each value that a dropout layer may drop, or each image that a dropPath layer may. */
  readonly noise: readonly Value[]
}

const windowOf = ({ stride, dilation, padding }: Omit<Conv, 'groups'> | Depthwise): Window => ({
  stride,
  dilation,
  padding,
})
const poolOf = ({ size, stride, padding }: Pool): PoolWindow => ({ size, stride, padding, dilation: 1 })

/** What one lowering collects. */
interface Lowering {
  readonly options: LowerOptions
  readonly weights: ReadonlyMap<string, Value>
  readonly statistics: Statistic[]
  readonly noise: Value[]
}

const weightAt = ({ weights }: Lowering, path: Path, slot: WeightName): Value =>
  weights.get(weightKey(path, slot)) as Value // every weight of the net is there

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

/** A number for each channel gets the axes of the map it multiplies. */
const lowerGate = (body: Value, x: Value): Value =>
  op.mul(
    x,
    body.shape.length === x.shape.length
      ? body
      : op.reshape(body, [body.shape[0] ?? 1, 1, 1, channelsOf(body.shape)]),
  )

/** What the function of a user's own builds, which `infer` has tried. */
const lowerOwn = (lowering: Lowering, x: Value, path: Path, { call, options }: OwnLayer): Value => {
  const weight = (slot: WeightName) => weightAt(lowering, path, slot)
  const weights = {
    bias: weight('bias'),
    scale: weight('scale'),
    shift: weight('shift'),
    kernel: weight('kernel'),
  }
  return call?.(x.shape.slice(1), options).lower(x as never, weights as never) as Value // as `layer` made it
}

const lowerLeaf =
  (lowering: Lowering) =>
  (leaf: Leaf, path: Path, x: Value): Value => {
    const kernel = () => weightAt(lowering, path, 'kernel')
    switch (leaf._tag) {
      case 'conv':
        return lowerUnit(
          lowering,
          lowerConv(x, kernel(), leaf, lowering.options.wholeGroups === true),
          path,
          leaf,
        )
      case 'depthwise':
        return lowerUnit(lowering, op.depthwise(x, kernel(), windowOf(leaf)), path, leaf)
      case 'dense':
        return lowerUnit(lowering, op.matmul(x, kernel()), path, leaf)
      case 'maxPool':
        return op.maxPool(x, poolOf(leaf))
      case 'avgPool':
        return op.avgPool(x, poolOf(leaf), leaf.countPadding)
      case 'globalAvgPool':
        return op.mean(x, [1, 2])
      case 'globalMaxPool':
        return lowerGlobalMax(x)
      case 'flatten':
        return op.reshape(x, [lowering.options.batch, sizeOf(x.shape.slice(1))])
      case 'norm':
        return lowerNorm(lowering, x, path, leaf)
      case 'activate':
        return activate(leaf.activation, x)
      case 'channelShuffle':
        return op.shuffle(x, leaf.groups)
      case 'channelSlice':
        return op.slice(x, leaf.from, leaf.size)
      case 'layerNorm':
        return lowerLayerNorm(lowering, x, path, leaf.epsilon)
      case 'scale':
        return op.mul(x, weightAt(lowering, path, 'scale'))
      case 'own':
        return lowerOwn(lowering, x, path, leaf)
      case 'dropout':
        return lowerDropout(lowering, x, path, leaf.rate, x.shape)
      case 'dropPath':
        return lowerDropout(lowering, x, path, leaf.rate, [
          lowering.options.batch,
          ...x.shape.slice(1).map(() => 1),
        ])
    }
  }

/**
 * Lowers a net for batches of one size.
 *
 * Shapes  images [batch, height, width, channels] → logits [batch, classes]
 * Law     the shape of every value is the inferred one, with the batch before it
 *
 * @example
 * lower({ batch: 64, mode: 'training' })(model)
 */
export const lower =
  (options: LowerOptions) =>
  (checked: CheckedNet): Lowered => {
    const { net } = checked
    const { batch, prefix = '', images = op.input('images', [batch, ...net.input]) } = options
    const weights = new Map(
      allWeightSpecs(checked).map(({ key, shape }) => [key, op.weight(`${prefix}${key}`, shape)]),
    )
    const lowering: Lowering = { options, weights, statistics: [], noise: [] }
    const at = new Map<Path, Value>()
    const into = new Map<Path, Value>()
    const logits = interpret<Value>({
      leaf: lowerLeaf(lowering),
      concat: op.concat,
      residual: (body, shortcut, { activation }) => activate(activation, op.add(body, shortcut)),
      gate: (body, _layer, _path, input) => lowerGate(body, input),
      place: (output, _, path, input) => {
        into.set(path, input)
        at.set(path, output)
        return output
      },
    })(net.body, '', images)
    return { images, logits, at, into, weights, statistics: lowering.statistics, noise: lowering.noise }
  }
