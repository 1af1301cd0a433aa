/** How the weights of a grown net begin: old ones where they are now, new ones so that they do no harm and learn. */
import type { Inferred } from '../../net/infer.js'
import { normal, stream } from '../../net/random.js'
import type { Layer } from '../../net/tree.js'
import { allWeightSpecs, hasNorm, type WeightName, type WeightSpec } from '../../net/weight-specs.js'
import { full, initialTensor, type Tensor, type Weights } from '../../net/weights.js'
import { gatherAxes, type Origin, type Remap } from '../remap.js'
import type { ChannelStatistics } from './options.js'
import { kernelCentre, type Passthrough, type PassthroughLayer } from './passthrough.js'

export interface InitialWeightOptions {
  readonly seed: number
  /** The deviation of what reads new channels, in deviations of what reads old ones; 0: they are not read yet. */
  readonly spark: number
  readonly statistics: ChannelStatistics | null
  readonly passage: Passthrough | null
}

const resting: { readonly [S in Exclude<WeightName, 'kernel'>]: number } = {
  bias: 0,
  scale: 1,
  shift: 0,
  mean: 0,
  variance: 1,
}

/** A kernel as [taps, rows, columns]; a depthwise has one row. */
const sidesOf = (
  layer: Layer,
  { shape }: Pick<Tensor, 'shape'>,
): readonly [rows: number, columns: number] => {
  const [rows = 1, columns = 1] = shape.slice(-2)
  return layer._tag === 'depthwise' ? [1, rows] : [rows, columns]
}

/** A kernel whose channels `to` are those that come in as `from`; nothing is drawn where those are all. */
const passingKernel = (
  slot: WeightSpec,
  layer: Layer,
  { from, to }: PassthroughLayer,
  seed: number,
): Tensor => {
  const [rows, columns] = sidesOf(layer, slot)
  const { shape, data } = to.length === columns ? full(slot.shape, 0) : initialTensor(seed, slot, layer)
  const windowed = layer._tag === 'conv' || layer._tag === 'depthwise'
  const tap = windowed ? (kernelCentre(layer) ?? 0) * (layer.kernel + 1) : 0
  to.forEach((column, i) => {
    for (let at = column; at < data.length; at += columns) data[at] = 0
    const row = rows === 1 ? 0 : (from[i] ?? 0)
    data[(tap * rows + row) * columns + column] = 1
  })
  return { shape, data }
}

const epsilonOf = (layer: Layer): number =>
  layer._tag === 'norm' ? layer.epsilon : 'norm' in layer ? (layer.norm?.epsilon ?? 0) : 0

/** A bias of 0, or a batch norm that gives what comes in: γ = √(σ²+ε), β = μ. */
const passingValue = (
  slot: Exclude<WeightName, 'kernel'>,
  layer: Layer,
  mean: number,
  variance: number,
): number => {
  switch (slot) {
    case 'scale':
      return Math.sqrt(variance + epsilonOf(layer))
    case 'variance':
      return variance
    case 'shift':
    case 'mean':
      return mean
    case 'bias':
      return 0
  }
}

const passing = (
  each: WeightSpec,
  layer: Layer,
  unit: PassthroughLayer,
  { seed, statistics }: InitialWeightOptions,
): Tensor => {
  const { slot } = each
  if (slot === 'kernel') return passingKernel(each, layer, unit, seed)
  const { shape, data } = initialTensor(seed, each, layer)
  unit.to.forEach((channel, i) => {
    data[channel] = passingValue(slot, layer, statistics?.mean[i] ?? 0, statistics?.variance[i] ?? 1)
  })
  return { shape, data }
}

/** Without batch norm the kernel is silent, with it γ: either has a slope there. Biases and shifts begin at 0. */
const isSilent = ({ slot }: WeightSpec, layer: Layer): boolean =>
  slot === (hasNorm(layer) ? 'scale' : 'kernel')

/** The values of a slot the old net did not have. */
const newborn = (slot: WeightSpec, layer: Layer, manner: InitialWeightOptions): Tensor => {
  const { seed, passage } = manner
  const unit = passage?.units.get(slot.at)
  if (unit !== undefined) return passing(slot, layer, unit, manner)
  const silent = passage?.silent.includes(slot.at) === true && isSilent(slot, layer)
  return silent ? full(slot.shape, 0) : initialTensor(seed, slot, layer)
}

const deviation = ({ data }: Tensor): number => {
  const mean = data.reduce((sum, each) => sum + each, 0) / data.length
  return Math.sqrt(data.reduce((sum, each) => sum + (each - mean) ** 2, 0) / data.length)
}

/** A kernel with new rows, columns or both: new filters begin as any; what reads new channels, as the manner tells. */
const extendedKernel = (
  slot: WeightSpec,
  layer: Layer,
  { axes }: Origin,
  old: Tensor,
  manner: InitialWeightOptions,
): Tensor => {
  const [reads = null, makes = null] = layer._tag === 'depthwise' ? [null, axes[2]] : axes.slice(-2)
  if (reads?.every(place => place < 0) === true) return initialTensor(manner.seed, slot, layer)
  const { shape, data } = gatherAxes({ shape: slot.shape, axes })(old)
  const fresh = makes?.some(place => place < 0) === true ? initialTensor(manner.seed, slot, layer).data : data
  const draw = normal(stream(manner.seed, `spark/${slot.key}`))
  const step = manner.spark === 0 ? 0 : manner.spark * deviation(old)
  const [rows, columns] = sidesOf(layer, slot)
  for (let at = 0; at < data.length; at++) {
    if ((makes?.[at % columns] ?? 0) < 0) data[at] = fresh[at] ?? 0
    else if ((reads?.[Math.floor(at / columns) % rows] ?? 0) < 0) data[at] = step === 0 ? 0 : step * draw()
  }
  return { shape, data }
}

/** The values of a slot of the old net that has more channels now. */
const extended = (
  slot: WeightSpec,
  layer: Layer,
  origin: Origin,
  old: Tensor,
  manner: InitialWeightOptions,
): Tensor => {
  if (slot.slot === 'kernel') return extendedKernel(slot, layer, origin, old, manner)
  const { shape, data } = gatherAxes({ shape: slot.shape, axes: origin.axes })(old)
  const rest = resting[slot.slot]
  origin.axes[0]?.forEach((place, channel) => {
    if (place < 0) data[channel] = rest
  })
  return { shape, data }
}

/**
 * The weights of a grown net.
 *
 * Law  what stays as it is is the same array; each new kernel has its own stream, so no old one begins otherwise
 */
export const initialGrownWeights = (
  inferred: Inferred,
  remap: Remap,
  weights: Weights,
  manner: InitialWeightOptions,
): Weights =>
  Object.fromEntries(
    allWeightSpecs(inferred).flatMap(slot => {
      const [layer, origin] = [inferred.get(slot.at)?.layer, remap.get(slot.key)]
      if (layer === undefined || origin === undefined) return []
      const old = weights[origin.from ?? '']
      if (old === undefined) return [[slot.key, newborn(slot, layer, manner)]]
      const stays = origin.axes.every(places => places === null)
      return [[slot.key, stays ? old : extended(slot, layer, origin, old, manner)]]
    }),
  )
