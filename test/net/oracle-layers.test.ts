/** Nets compute what the same nets do as LayersModels of tfjs. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { differentiate } from '../../src/graph/differentiate.js'
import { crossEntropy } from '../../src/graph/loss.js'
import { lower } from '../../src/graph/lower.js'
import type { Mode } from '../../src/graph/lowering.js'
import * as op from '../../src/graph/operations.js'
import { countParams, countStored } from '../../src/net/counts.js'
import type { Model } from '../../src/net/weights.js'
import { net } from '../../src/net/words/combinators.js'
import { convBnAct, dense, flatten, image } from '../../src/net/words/leaves.js'
import { apart, type Numbers, noiseOf, shaken } from '../support/nets/agree.js'
import { arbitraryModel, fedWith, modelOf } from '../support/nets/arbitrary.js'
import { type Disturb, evaluate } from '../support/nets/reference.js'
import { placed } from '../support/nets/surgery.js'
import { layersOf } from '../support/nets/tfjs-layers.js'

const batch = 4

const ours = (
  model: Model,
  mode: Mode,
  images: Float32Array,
  targets: Float32Array,
  disturb?: Disturb,
): Numbers => {
  const { logits, weights, images: fed } = lower({ batch, mode })(model)
  const loss = crossEntropy(logits, op.input('targets', logits.shape))
  const moved = [...weights].filter(([key]) => !/\/(mean|variance)$/.test(key))
  const slopes = differentiate()(loss, [...moved.map(([, value]) => value), fed])
  const named = slopes.map((slope, nth) => [moved[nth]?.[0] ?? 'images', slope] as const)
  const given = Object.fromEntries(Object.entries(model.weights).map(([key, { data }]) => [key, data]))
  const graph = { outputs: { logits, loss, ...Object.fromEntries(named) }, updates: [] }
  return evaluate(graph, { images, targets }, given, disturb).outputs
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
  const size = placed(net).layers.get('')?.output[0] ?? 0
  const classOf = (row: number) => (row + Math.abs(seed)) % size
  return Float32Array.from({ length: batch * size }, (_, i) =>
    Number(i % size === classOf(Math.floor(i / size))),
  )
}

/** Whether tfjs gives what we do for a batch; or does so to what rounding leaves of sums that cancel. */
const agrees =
  (model: Model, how: 'exactly' | 'to rounding') =>
  (seed: number): boolean => {
    const [images, targets] = [fedWith(seed, 'images', [batch, ...model.net.input]), targetsFor(model, seed)]
    const compute = (disturb?: Disturb) => ours(model, 'training', images, targets, disturb)
    const expected = compute()
    const disturbed = how === 'exactly' ? [] : [1, 2, 3].map(nth => compute(shaken(nth, 1e-6)))
    return apart(expected, theirTraining(model, images, targets), noiseOf(expected, disturbed)) < 1e-4
  }

/** Two of three batches may lie at a kink. */
const agreesOnSome = (model: Model, seed: number): boolean => {
  const batches = [seed, seed + 1, seed + 2]
  return batches.some(agrees(model, 'exactly')) || batches.some(agrees(model, 'to rounding'))
}

/**
 * tfjs-layers cannot differentiate dilated convolutions, shares averages at the rim among the whole window, and gives the
 * gradient of a largest value to all that equal it.
 */
const differentiable = { avgPool: false, dilation: false, hard: false, globalMaxPool: false } as const

/** The norm behind the first convolution takes its shift away again, whose gradient is a sum that cancels. */
const cancelling = modelOf(9)(
  net(
    'cancelling',
    image(8, 8, 1),
    convBnAct(1, 1, { activation: null, norm: { epsilon: 1e-2 } }),
    convBnAct(2, 1, { norm: { epsilon: 1e-2 } }),
    flatten,
    ...['a', 'b', 'c'].map(name => dense(9, { name })),
    dense(2),
  ),
)

/** Its gradients are large, and what rounding leaves of those that cancel is too. */
const steep: Model = {
  ...cancelling,
  weights: Object.fromEntries(
    Object.entries(cancelling.weights).map(([key, { shape, data }]) => [
      key,
      { shape, data: data.map(value => (shape.length === 2 ? 3 * value : value)) },
    ]),
  ),
}

test('the LayersModel of a net gives the same outputs, loss and gradients while training', () => {
  fc.assert(
    fc.property(arbitraryModel({ ...differentiable, groups: false }), fc.nat(), (model, seed) => {
      expect(agreesOnSome(model, seed)).toBe(true)
    }),
    { numRuns: 20, endOnFailure: true, examples: [[steep, 9]] },
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
      const places = placed(model.net)
      const sizes = layers.trainableWeights.map(({ shape }) =>
        shape.reduce<number>((size, side) => size * (side ?? 1), 1),
      )
      expect(layers.countParams()).toBe(countStored(places))
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(countParams(places))
    }),
    { numRuns: 20 },
  )
})
