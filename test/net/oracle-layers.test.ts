import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { beforeAll, expect, test } from 'vitest'
import { differentiate } from '../../src/graph/differentiate.js'
import { crossEntropy } from '../../src/graph/loss.js'
import { lower } from '../../src/graph/lower.js'
import type { Mode } from '../../src/graph/lowering.js'
import * as op from '../../src/graph/operations.js'
import type { Activation, ActivationName } from '../../src/net/activation.js'
import { countParams, countStored } from '../../src/net/counts.js'
import { infer } from '../../src/net/infer.js'
import { childPath, type Path } from '../../src/net/path.js'
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
} from '../../src/net/tree.js'
import { type WeightName, weightKey } from '../../src/net/weight-specs.js'
import type { Model } from '../../src/net/weights.js'
import { paddingOf, sidesOf, slidesOf } from '../../src/net/window.js'
import { apart, type Numbers } from '../support/nets/agree.js'
import { arbitraryModel, fedWith } from '../support/nets/arbitrary.js'
import { evaluate } from '../support/nets/reference.js'

type Symbolic = tfl.SymbolicTensor

/** The activations as tfjs names them; it has no hard sigmoid or swish like ours. */
const named = (activation: ActivationName) => {
  if (activation === 'hardSigmoid' || activation === 'hardSwish' || activation === 'geluTanh')
    throw new Error(`tfjs has no ${activation}`)
  return activation
}

const right = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

/** A layer of tfjs that holds weights, and the keys of ours, in its order. */
interface Held {
  readonly layer: tfl.layers.Layer
  readonly keys: readonly string[]
}

/** Our net in tfjs, layer by layer, its weights given. */
const layersOf = ({
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

const batch = 4

const ours = (model: Model, mode: Mode, images: Float32Array, targets: Float32Array): Numbers => {
  const { logits, weights, images: fed } = lower({ batch, mode })(model)
  const loss = crossEntropy(logits, op.input('targets', logits.shape))
  const moved = [...weights].filter(([key]) => !/\/(mean|variance)$/.test(key))
  const slopes = differentiate()(loss, [...moved.map(([, value]) => value), fed])
  const named = slopes.map((slope, nth) => [moved[nth]?.[0] ?? 'images', slope] as const)
  const given = Object.fromEntries(Object.entries(model.weights).map(([key, { data }]) => [key, data]))
  const graph = { outputs: { logits, loss, ...Object.fromEntries(named) }, updates: [] }
  return evaluate(graph, { images, targets }, given).outputs
}

const theirTraining = (model: Model, images: Float32Array, targets: Float32Array): Numbers =>
  tf.tidy(() => {
    const { model: layers, held } = layersOf(model)
    const x = tf.tensor(images, [batch, ...model.net.input])
    const expected = tf.tensor(targets, [batch, targets.length / batch])
    const logitsOf = (input: tf.Tensor) => layers.apply(input, { training: true }) as tf.Tensor // a tensor in, a tensor out
    const lossOf = (input: tf.Tensor) => tf.losses.softmaxCrossEntropy(expected, logitsOf(input)) as tf.Scalar // a mean
    const variables = held.flatMap(
      ({ layer, keys }) =>
        layer.trainableWeights.map((weight, nth) => [keys[nth] ?? '', weight.read() as tf.Variable] as const), // it reads itself
    )
    const { value, grads } = tf.variableGrads(
      () => lossOf(x),
      variables.map(([, variable]) => variable),
    )
    return {
      logits: logitsOf(x).dataSync().slice(),
      loss: value.dataSync().slice(),
      images: tf.grad(lossOf)(x).dataSync().slice(),
      ...Object.fromEntries(variables.map(([key, { name }]) => [key, grads[name]?.dataSync().slice() ?? []])),
    }
  })

const theirLogits = (model: Model, images: Float32Array): Numbers =>
  tf.tidy(() => {
    const logits = layersOf(model).model.predict(tf.tensor(images, [batch, ...model.net.input])) as tf.Tensor // one output
    return { logits: logits.dataSync().slice() }
  })

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const targetsFor = ({ net }: Model, seed: number): Float32Array => {
  const size = right(infer(net)).layers.get('')?.output[0] ?? 0
  const classOf = (row: number) => (row + Math.abs(seed)) % size
  return Float32Array.from({ length: batch * size }, (_, i) =>
    Number(i % size === classOf(Math.floor(i / size))),
  )
}

/** Two of three batches may lie at a kink. */
const someBatch = (seed: number, differenceAt: (seed: number) => number): boolean =>
  [seed, seed + 1, seed + 2].some(each => differenceAt(each) < 1e-4)

/**
 * tfjs-layers cannot differentiate dilated convolutions, shares averages at the rim among the whole window, and gives the
 * gradient of a largest value to all that equal it.
 */
const differentiable = { avgPool: false, dilation: false, hard: false, globalMaxPool: false } as const

test('the LayersModel of a net gives the same outputs, loss and gradients while training', () => {
  fc.assert(
    fc.property(arbitraryModel({ ...differentiable, groups: false }), fc.nat(), (model, seed) => {
      const difference = (at: number): number => {
        const images = fedWith(at, 'images', [batch, ...model.net.input])
        const targets = targetsFor(model, at)
        return apart(ours(model, 'training', images, targets), theirTraining(model, images, targets))
      }
      expect(someBatch(seed, difference)).toBe(true)
    }),
    { numRuns: 20, endOnFailure: true },
  )
}, 60_000)

/** Its depthwise layer ignores dilation. */
const either = fc.oneof(
  arbitraryModel({ depthwise: false, hard: false, groups: false }),
  arbitraryModel({ dilation: false, hard: false, groups: false }),
)

test('and the same outputs afterwards', () => {
  fc.assert(
    fc.property(either, fc.nat(), (model, seed) => {
      const images = fedWith(seed, 'images', [batch, ...model.net.input])
      const { logits = [] } = ours(model, 'inference', images, targetsFor(model, seed))
      expect(apart({ logits }, theirLogits(model, images))).toBeLessThan(1e-4)
    }),
    { numRuns: 40, endOnFailure: true },
  )
}, 60_000)

test('and counts the same parameters', () => {
  fc.assert(
    fc.property(arbitraryModel({ hard: false, groups: false }), model => {
      const { model: layers } = layersOf(model)
      const places = right(infer(model.net))
      const sizes = layers.trainableWeights.map(({ shape }) =>
        shape.reduce<number>((size, side) => size * (side ?? 1), 1),
      )
      expect(layers.countParams()).toBe(countStored(places))
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(countParams(places))
    }),
    { numRuns: 20 },
  )
})
