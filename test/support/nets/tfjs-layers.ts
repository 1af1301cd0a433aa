/** Our nets as the LayersModels of tfjs. */
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import type { Activation, ActivationName } from '../../../src/net/activation.js'
import { childPath, type Path } from '../../../src/net/path.js'
import type {
  AvgPool,
  BatchNorm,
  Conv,
  Dense,
  Depthwise,
  Extent,
  Layer,
  Padding,
  Pool,
} from '../../../src/net/tree.js'
import { type WeightName, weightKey } from '../../../src/net/weight-specs.js'
import type { Model } from '../../../src/net/weights.js'
import { paddingOf, sidesOf, slidesOf } from '../../../src/net/window.js'

type Symbolic = tfl.SymbolicTensor

/** The activations as tfjs names them; it has no hard sigmoid or swish like ours. */
const named = (activation: ActivationName) => {
  if (activation === 'hardSigmoid' || activation === 'hardSwish' || activation === 'geluTanh')
    throw new Error(`tfjs has no ${activation}`)
  return activation
}

/** A layer of tfjs that holds weights, and the keys of ours, in its order. */
interface Held {
  readonly layer: tfl.layers.Layer
  readonly keys: readonly string[]
}

/** Our net in tfjs, layer by layer, its weights given. */
export const layersOf = ({
  net,
  weights,
}: Model): { readonly model: tfl.LayersModel; readonly held: readonly Held[] } => {
  const held: Held[] = []

  const hold = (layer: tfl.layers.Layer, path: Path, slots: readonly WeightName[], x: Symbolic): Symbolic => {
    held.push({ layer, keys: slots.map(slot => weightKey(path, slot)) })
    return layer.apply(x) as Symbolic // symbolic in, symbolic out
  }

  const norm = ({ epsilon }: BatchNorm, path: Path, x: Symbolic): Symbolic =>
    hold(tfl.layers.batchNormalization({ epsilon }), path, ['scale', 'shift', 'mean', 'variance'], x)

  const activate = (activation: Activation | null, x: Symbolic): Symbolic => {
    if (activation === null) return x
    const layer =
      typeof activation === 'string'
        ? tfl.layers.activation({ activation: named(activation) })
        : tfl.layers.leakyReLU({ alpha: activation.slope })
    return layer.apply(x) as Symbolic
  }

  const finish = (layer: Conv | Depthwise | Dense, path: Path, x: Symbolic): Symbolic =>
    activate(layer.activation, layer.norm === null ? x : norm(layer.norm, path, x))

  const slots = ({ bias }: Conv | Depthwise | Dense): readonly WeightName[] =>
    bias ? ['kernel', 'bias'] : ['kernel']

  const framed = ({ padding }: { readonly padding: Padding }, x: Symbolic): Symbolic => {
    if (typeof padding === 'string' || padding === 0) return x
    const [top, bottom, left, right] =
      typeof padding === 'number' ? [padding, padding, padding, padding] : padding
    const ends: [[number, number], [number, number]] = [
      [top ?? 0, bottom ?? 0],
      [left ?? 0, right ?? 0],
    ]
    return tfl.layers.zeroPadding2d({ padding: ends }).apply(x) as Symbolic
  }

  /** A mean that counts padding is one over a map with zeros around it. */
  const counted = (layer: AvgPool, x: Symbolic): AvgPool => {
    if (!layer.countPadding) return layer
    const map = x.shape.slice(1).map(side => side ?? 0)
    const [down, across] = slidesOf(map, { ...layer, dilation: 1 })
    return { ...layer, padding: paddingOf([down.before, down.after], [across.before, across.after]) }
  }

  const pair = (extent: Extent): [number, number] => [...sidesOf(extent)]

  const window = ({ kernel, stride, dilation, padding, bias }: Conv | Depthwise) => ({
    kernelSize: pair(kernel),
    strides: pair(stride),
    dilationRate: dilation,
    padding: padding === 'same' ? ('same' as const) : ('valid' as const),
    useBias: bias,
  })

  const pool = ({ size, stride, padding }: Pool) => ({
    poolSize: pair(size),
    strides: pair(stride),
    padding: padding === 'same' ? ('same' as const) : ('valid' as const),
  })

  /** A tensor of its own with the same numbers: a layer that takes one tensor twice would free it twice. */
  const again = (x: Symbolic): Symbolic =>
    tfl.layers.reshape({ targetShape: x.shape.slice(1) }).apply(x) as Symbolic

  const built = (layer: Layer, path: Path, x: Symbolic): Symbolic => {
    const child = (each: Layer, input: Symbolic) => built(each, childPath(path, each.name), input)
    const plain = (made: tfl.layers.Layer, from = x): Symbolic => made.apply(from) as Symbolic
    switch (layer._tag) {
      case 'stack':
        return layer.layers.length === 0
          ? again(x)
          : layer.layers.reduce((input, each) => child(each, input), x)
      case 'concat':
        return layer.branches.length === 1
          ? layer.branches.reduce((input, each) => child(each, input), x)
          : (tfl.layers.concatenate().apply(layer.branches.map(each => child(each, x))) as Symbolic)
      case 'residual':
        return activate(
          layer.activation,
          tfl.layers.add().apply([child(layer.body, x), child(layer.shortcut, x)]) as Symbolic,
        )
      case 'gate': {
        const factors = child(layer.body, x)
        const spread = tfl.layers.reshape({ targetShape: [1, 1, factors.shape.at(-1) ?? 1] })
        const fitting = factors.shape.length < x.shape.length ? spread.apply(factors) : again(factors)
        return tfl.layers.multiply().apply([x, fitting as Symbolic]) as Symbolic
      }
      case 'channelShuffle': {
        const [, ...sides] = x.shape.slice(0, -1)
        const size = (x.shape.at(-1) ?? 1) / layer.groups
        const axes = sides.map((_, axis) => axis + 1)
        const grouped = tfl.layers.reshape({ targetShape: [...sides, layer.groups, size] }).apply(x)
        const dims = [...axes, axes.length + 2, axes.length + 1]
        const transposed = tfl.layers.permute({ dims }).apply(grouped)
        return tfl.layers.reshape({ targetShape: x.shape.slice(1) }).apply(transposed) as Symbolic
      }
      case 'channelSlice': {
        const rows = tfl.layers.permute({ dims: [3, 1, 2] }).apply(x)
        const rest = (x.shape.at(-1) ?? 1) - layer.from - layer.size
        const cropping: [[number, number], [number, number]] = [
          [layer.from, rest],
          [0, 0],
        ]
        const cropped = tfl.layers.cropping2D({ cropping }).apply(rows)
        return tfl.layers.permute({ dims: [2, 3, 1] }).apply(cropped) as Symbolic
      }
      case 'conv': {
        if (layer.groups > 1) throw new Error('tfjs has no grouped convolution')
        const made = tfl.layers.conv2d({ filters: layer.filters, ...window(layer) })
        return finish(layer, path, hold(made, path, slots(layer), framed(layer, x)))
      }
      case 'depthwise': {
        const made = tfl.layers.depthwiseConv2d(window(layer))
        return finish(layer, path, hold(made, path, slots(layer), framed(layer, x)))
      }
      case 'dense': {
        const made = tfl.layers.dense({ units: layer.units, useBias: layer.bias })
        return finish(layer, path, hold(made, path, slots(layer), x))
      }
      case 'maxPool':
        return plain(tfl.layers.maxPooling2d(pool(layer)))
      case 'avgPool': {
        const counting = counted(layer, x)
        return plain(tfl.layers.averagePooling2d(pool(counting)), framed(counting, x))
      }
      case 'globalAvgPool':
        return plain(tfl.layers.globalAveragePooling2d({}))
      case 'globalMaxPool':
        return plain(tfl.layers.globalMaxPooling2d({}))
      case 'flatten':
        return plain(tfl.layers.flatten())
      case 'norm':
        return norm(layer, path, x)
      case 'activate':
        return activate(layer.activation, x)
      case 'dropout':
        return plain(tfl.layers.dropout({ rate: layer.rate }))
      case 'dropPath':
        return plain(
          tfl.layers.dropout({
            rate: layer.rate,
            noiseShape: [null, ...x.shape.slice(1).map(() => 1)] as number[],
          }),
        )
      case 'layerNorm':
        return hold(tfl.layers.layerNormalization({ epsilon: layer.epsilon }), path, ['scale', 'shift'], x)
      case 'own':
        throw new Error('tfjs has no layer of a user')
      case 'scale':
        return hold(tfl.layers.depthwiseConv2d({ kernelSize: 1, useBias: false }), path, ['scale'], x)
    }
  }

  const input = tfl.input({ shape: [...net.input] })
  const model = tfl.model({ inputs: input, outputs: built(net.body, '', input) })
  for (const { layer, keys } of held)
    layer.setWeights(
      keys.map((key, nth) => tf.tensor(weights[key]?.data ?? [], layer.getWeights()[nth]?.shape ?? [])),
    )
  return { model, held }
}
