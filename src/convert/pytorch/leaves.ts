/** Layers without layers in them, as modules of PyTorch. */
import type { PlacedLayer } from '../../net/infer.js'
import type { Path } from '../../net/path.js'
import { channelsOf, rankOf, type Shape } from '../../net/shape.js'
import type { BatchNorm, Conv, Dense, Depthwise, Leaf } from '../../net/tree.js'
import { type WeightName, weightKey } from '../../net/weight-specs.js'
import type { Model, Tensor } from '../../net/weights.js'
import { transposeTensor } from '../onnx/export/operand.js'
import { activationModule, activationPart } from './activations.js'
import { inSeries, type Module, moduleOf, type State } from './module.js'
import { type Argument, boolean, call, literal, option } from './python.js'
import { convPadding, extentText, poolModules } from './windows.js'

/** A leaf in its place, with its weights. */
interface Placed {
  readonly model: Model
  readonly path: Path
  readonly input: Shape
}

const weightAt = ({ model, path }: Placed, slot: WeightName): Tensor =>
  model.weights[weightKey(path, slot)] as Tensor // the model was checked

const stateOf = (placed: Placed, names: readonly (readonly [string, WeightName])[]): State =>
  names.map(([name, slot]) => [name, weightAt(placed, slot)])

const isMap = (shape: Shape): boolean => rankOf(shape) === 'map'

/** PyTorch's momentum is the share of the new statistic. */
const normModule = (placed: Placed, { momentum, epsilon }: BatchNorm, output: Shape): Module =>
  moduleOf(
    call(
      isMap(output) ? 'nn.BatchNorm2d' : 'nn.BatchNorm1d',
      literal(channelsOf(output)),
      ...option('eps', literal(epsilon), literal(1e-5)),
      ...option('momentum', literal(Number((1 - momentum).toPrecision(12))), literal(0.1)),
    ),
    stateOf(placed, [
      ['weight', 'scale'],
      ['bias', 'shift'],
      ['running_mean', 'mean'],
      ['running_var', 'variance'],
    ]),
  )

/** A product with its kernel in PyTorch's order of axes. */
const productModule = (
  placed: Placed,
  { bias }: Conv | Depthwise | Dense,
  order: readonly number[],
  callee: string,
  ...args: readonly (string | Argument)[]
): Module =>
  moduleOf(call(callee, ...args, ...option('bias', boolean(bias), 'True')), [
    ['weight', transposeTensor(weightAt(placed, 'kernel'), order)],
    ...(bias ? stateOf(placed, [['bias', 'bias']]) : []),
  ])

/** Padding where PyTorch's own cannot hold it, the product, batch norm, activation. */
const unitModule = (
  placed: Placed,
  layer: Conv | Depthwise | Dense,
  output: Shape,
  parts: readonly (readonly [string, Module])[],
): Module =>
  inSeries([
    ...parts,
    ...(layer.norm === null ? [] : [['norm', normModule(placed, layer.norm, output)] as const]),
    ...activationPart(layer.activation),
  ])

/** Shapes  kernel [k, k, in, out] → [out, in, k, k]; depthwise [k, k, c, 1] → [c, 1, k, k] in c groups */
const convModule = (placed: Placed, layer: Conv | Depthwise, output: Shape): Module => {
  const { pad, options } = convPadding(layer, placed.input)
  const isConv = layer._tag === 'conv'
  const channels = channelsOf(placed.input)
  const product = productModule(
    placed,
    layer,
    isConv ? [3, 2, 0, 1] : [2, 3, 0, 1],
    'nn.Conv2d',
    ...[channels, channelsOf(output)].map(size => literal(size)),
    extentText(layer.kernel),
    ...option('stride', extentText(layer.stride), '1'),
    ...options,
    ...option('dilation', literal(layer.dilation), '1'),
    ...option('groups', literal(isConv ? layer.groups : channels), '1'),
  )
  const before = pad === null ? [] : [['pad', moduleOf(pad)] as const]
  return unitModule(placed, layer, output, [...before, ['conv', product]])
}

/** Shapes  kernel [in, out] → [out, in] */
const denseModule = (placed: Placed, layer: Dense, output: Shape): Module => {
  const sizes = [channelsOf(placed.input), layer.units].map(size => literal(size))
  const product = productModule(placed, layer, [1, 0], 'nn.Linear', ...sizes)
  return unitModule(placed, layer, output, [['linear', product]])
}

const poolModule = (calls: readonly ReturnType<typeof call>[]): Module =>
  inSeries(calls.map((each, nth) => [nth === calls.length - 1 ? 'pool' : 'pad', moduleOf(each)]))

const globalPool = (pool: string): Module =>
  moduleOf(call('nn.Sequential', call(pool, '1'), call('nn.Flatten')))

const layerNormModule = (placed: Placed, epsilon: number): Module =>
  moduleOf(
    call(
      isMap(placed.input) ? 'LayerNorm2d' : 'nn.LayerNorm',
      literal(channelsOf(placed.input)),
      ...option('eps', literal(epsilon), literal(1e-5)),
    ),
    stateOf(placed, [
      ['weight', 'scale'],
      ['bias', 'shift'],
    ]),
  )

const scaleModule = (placed: Placed): Module =>
  moduleOf(call('LayerScale', literal(channelsOf(placed.input))), stateOf(placed, [['weight', 'scale']]))

/** The module of a leaf in its place. */
export const leafModule = (model: Model, leaf: Leaf, { path, input, output }: PlacedLayer): Module => {
  const placed = { model, path, input }
  switch (leaf._tag) {
    case 'conv':
    case 'depthwise':
      return convModule(placed, leaf, output)
    case 'dense':
      return denseModule(placed, leaf, output)
    case 'maxPool':
    case 'avgPool':
      return poolModule(poolModules(leaf, input))
    case 'globalAvgPool':
      return globalPool('nn.AdaptiveAvgPool2d')
    case 'globalMaxPool':
      return globalPool('nn.AdaptiveMaxPool2d')
    case 'own':
      throw new Error(`${leaf.layer}: a layer that encodeModel refuses`)
    case 'flatten':
      return moduleOf(call('FlattenChannelsLast'))
    case 'dropout':
      return moduleOf(call('nn.Dropout', literal(leaf.rate)))
    case 'dropPath':
      return moduleOf(call('DropPath', literal(leaf.rate)))
    case 'norm':
      return normModule(placed, leaf, output)
    case 'layerNorm':
      return layerNormModule(placed, leaf.epsilon)
    case 'scale':
      return scaleModule(placed)
    case 'activate':
      return activationModule(leaf.activation)
    case 'channelShuffle':
      return moduleOf(call('ChannelShuffle', literal(leaf.groups)))
    case 'channelSlice':
      return moduleOf(call('ChannelSlice', literal(leaf.from), literal(leaf.from + leaf.size)))
  }
}
