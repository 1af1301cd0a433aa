/** The initial weights of a grown net: old ones carried over, new ones that change no output and can learn. */
import { elementAt } from '../../io/element.js'
import type { CheckedNet } from '../../net/infer.js'
import { normal, stream } from '../../net/random.js'
import type { Layer } from '../../net/tree.js'
import {
  allWeightSpecs,
  hasNorm,
  neutralValues,
  type WeightName,
  type WeightSpec,
} from '../../net/weight-specs.js'
import { full, initialTensor, initialValue, type Tensor, type Weights } from '../../net/weights.js'
import { gatherAxes, type Origin, type Remap } from '../remap.js'
import type { ChannelStatistics } from './options.js'
import { kernelCentre, type Passthrough, type PassthroughLayer } from './passthrough.js'

export interface InitialWeightOptions {
  readonly seed: number
  /** Deviation of the weights that read new channels, in deviations of those that read old ones; 0: all are zeros. */
  readonly spark: number
  readonly statistics: ChannelStatistics | null
  readonly passage: Passthrough | null
}

/** The last sides of a kernel as [taps, rows, columns]; a depthwise kernel has one row. */
const matrixSides = (
  layer: Layer,
  { shape }: Pick<Tensor, 'shape'>,
): readonly [rows: number, columns: number] => {
  const [rows = 1, columns = 1] = shape.slice(-2)
  return layer._tag === 'depthwise' ? [1, rows] : [rows, columns]
}

/** A kernel whose output channels `to` equal its input channels `from`; the others are initialised as ever. */
const identityKernel = (
  spec: WeightSpec,
  layer: Layer,
  { from, to }: PassthroughLayer,
  seed: number,
): Tensor => {
  const [rows, columns] = matrixSides(layer, spec)
  const { shape, data } = to.length === columns ? full(spec.shape, 0) : initialTensor(seed, spec, layer)
  const windowed = layer._tag === 'conv' || layer._tag === 'depthwise'
  const tap = windowed ? (kernelCentre(layer) ?? 0) : 0
  to.forEach((column, i) => {
    for (let at = column; at < data.length; at += columns) data[at] = 0
    const row = elementAt(from, i) % rows // of a group, or the only one
    data[(tap * rows + row) * columns + column] = 1
  })
  return { shape, data }
}

const epsilonOf = (layer: Layer): number =>
  layer._tag === 'norm' ? layer.epsilon : 'norm' in layer ? (layer.norm?.epsilon ?? 0) : 0

/** A bias of 0, or a batch norm that is the identity in training: γ = √(σ²+ε), β = μ. */
const identityValue = (
  slot: Exclude<WeightName, 'kernel'>,
  layer: Layer,
  mean: number,
  variance: number,
): number => {
  switch (slot) {
    case 'scale':
      return layer._tag === 'scale' ? 1 : Math.sqrt(variance + epsilonOf(layer))
    case 'variance':
      return variance
    case 'shift':
    case 'mean':
      return mean
    case 'bias':
      return 0
  }
}

const identityTensor = (
  spec: WeightSpec,
  layer: Layer,
  unit: PassthroughLayer,
  { seed, statistics }: InitialWeightOptions,
): Tensor => {
  const { slot } = spec
  if (slot === 'kernel') return identityKernel(spec, layer, unit, seed)
  const { shape, data } = initialTensor(seed, spec, layer)
  unit.to.forEach((channel, i) => {
    data[channel] = identityValue(
      slot,
      layer,
      statistics === null ? 0 : elementAt(statistics.mean, i),
      statistics === null ? 1 : elementAt(statistics.variance, i),
    )
  })
  return { shape, data }
}

/** The weight of a silent layer that begins as zeros: the kernel where no norm or scale is behind it. */
const isSilent = ({ slot }: WeightSpec, layer: Layer): boolean =>
  slot === (hasNorm(layer) || layer._tag === 'layerNorm' || layer._tag === 'scale' ? 'scale' : 'kernel')

/** A weight of a layer that the old net did not have. */
const newTensor = (spec: WeightSpec, layer: Layer, options: InitialWeightOptions): Tensor => {
  const { seed, passage } = options
  const unit = passage?.units.get(spec.at)
  if (unit !== undefined) return identityTensor(spec, layer, unit, options)
  const silent = passage?.silent.includes(spec.at) === true && isSilent(spec, layer)
  return silent ? full(spec.shape, 0) : initialTensor(seed, spec, layer)
}

const deviation = ({ data }: Tensor): number => {
  const mean = data.reduce((sum, each) => sum + each, 0) / data.length
  return Math.sqrt(data.reduce((sum, each) => sum + (each - mean) ** 2, 0) / data.length)
}

/** Whether a place of an axis comes from none of the old one; `null` for an axis that is as it was. */
const isNew = (places: ArrayLike<number> | null, nth: number): boolean =>
  places !== null && elementAt(places, nth) < 0

/** A kernel with new rows, columns or both: new filters are initialised as ever, new rows by the noise asked for. */
const extendKernel = (
  spec: WeightSpec,
  layer: Layer,
  { axes }: Origin,
  old: Tensor,
  options: InitialWeightOptions,
): Tensor => {
  const [reads = null, makes = null] = layer._tag === 'depthwise' ? [null, axes[2]] : axes.slice(-2)
  if (reads?.every(place => place < 0) === true) return initialTensor(options.seed, spec, layer)
  const { shape, data } = gatherAxes({ shape: spec.shape, axes })(old)
  const initial =
    makes?.some(place => place < 0) === true ? initialTensor(options.seed, spec, layer).data : data
  const draw = normal(stream(options.seed, `spark/${spec.key}`))
  const step = options.spark === 0 ? 0 : options.spark * deviation(old)
  const [rows, columns] = matrixSides(layer, spec)
  for (let at = 0; at < data.length; at++) {
    if (isNew(makes, at % columns)) data[at] = elementAt(initial, at)
    else if (isNew(reads, Math.floor(at / columns) % rows)) data[at] = step === 0 ? 0 : step * draw()
  }
  return { shape, data }
}

/** A weight of the old net that has more channels now. */
const extendTensor = (
  spec: WeightSpec,
  layer: Layer,
  origin: Origin,
  old: Tensor,
  options: InitialWeightOptions,
): Tensor => {
  if (spec.slot === 'kernel') return extendKernel(spec, layer, origin, old, options)
  const { shape, data } = gatherAxes({ shape: spec.shape, axes: origin.axes })(old)
  const neutral = layer._tag === 'own' ? initialValue(spec.slot, layer) : neutralValues[spec.slot]
  origin.axes[0]?.forEach((place, channel) => {
    if (place < 0) data[channel] = neutral
  })
  return { shape, data }
}

/**
 * The weights of a grown net.
 *
 * Law  an unchanged weight is the same array; each new kernel has its own stream, so that no other depends on it
 */
export const initialGrownWeights = (
  inferred: CheckedNet,
  remap: Remap,
  weights: Weights,
  options: InitialWeightOptions,
): Weights =>
  Object.fromEntries(
    allWeightSpecs(inferred).flatMap(spec => {
      const [layer, origin] = [inferred.layers.get(spec.at)?.layer, remap.get(spec.key)]
      if (layer === undefined || origin === undefined) return []
      const old = weights[origin.from ?? '']
      if (old === undefined) return [[spec.key, newTensor(spec, layer, options)]]
      const isUnchanged = origin.axes.every(places => places === null)
      return [[spec.key, isUnchanged ? old : extendTensor(spec, layer, origin, old, options)]]
    }),
  )
