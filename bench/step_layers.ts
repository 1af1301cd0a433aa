/** A training step of the reference net in tf.LayersModel.fit, on the same TensorFlow. Arguments: batch, threads. */
import { createRequire } from 'node:module'
import util from 'node:util'
import type * as tfjs from '@tensorflow/tfjs'
import { loadBinding } from '../src/engine/tensorflow/load.js'
import type { InceptionOptions } from '../src/net/words/combinators.js'
import { answer } from './contestant.js'
import { imagesOf, modules, stem, targetsOf } from './net.js'

const [images = '64', threads = '2'] = process.argv.slice(2)
const batch = Number(images)

// Node 23 took these from `util`; tfjs-node still asks for them
Object.assign(util, { isNullOrUndefined: (x: unknown) => x == null, isArray: Array.isArray })

const require = createRequire(import.meta.url)
const tf = require('@tensorflow/tfjs') as typeof tfjs // the instance that tfjs-node registers its kernels with
const loaded = loadBinding({ threads: Number(threads) })
if (loaded._tag === 'Left') throw new Error(JSON.stringify(loaded.left))
require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels')
const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend') as {
  readonly NodeJSKernelBackend: new (binding: unknown, name: string) => tfjs.KernelBackend
} // its types import another package's
tf.registerBackend(
  'tensorflow',
  () => new NodeJSKernelBackend(loaded.right.binding, '@tensorflow/tfjs-node-gpu'),
)
await tf.setBackend('tensorflow')

type Symbolic = tfjs.SymbolicTensor

const { layers } = tf

const unit =
  (filters: number, kernelSize: number) =>
  (x: Symbolic): Symbolic => {
    const product = layers.conv2d({ filters, kernelSize, padding: 'same', useBias: false }).apply(x)
    const normed = layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }).apply(product as Symbolic)
    return layers.reLU().apply(normed as Symbolic) as Symbolic // applied to symbols, a layer gives symbols
  }

const pooled =
  (poolSize: number, strides: number) =>
  (x: Symbolic): Symbolic =>
    layers.maxPooling2d({ poolSize, strides, padding: 'same' }).apply(x) as Symbolic // as above

const inception =
  ({ point, three, five, pool }: Required<InceptionOptions>) =>
  (x: Symbolic): Symbolic => {
    const [reduce, first, second = first] = five
    const branches = [
      unit(point, 1)(x),
      unit(three[1], 3)(unit(three[0], 1)(x)),
      unit(second, 3)(unit(first, 3)(unit(reduce, 1)(x))),
      unit(pool, 1)(pooled(3, 1)(x)),
    ]
    return layers.concatenate().apply(branches) as Symbolic // as above
  }

const input = tf.input({ shape: [32, 32, 3] })
const first = pooled(2, 2)(inception(modules.a)(unit(stem, 3)(input)))
const last = inception(modules.c)(pooled(2, 2)(inception(modules.b)(first)))
const pool = layers.globalAveragePooling2d({}).apply(last) as Symbolic // as above
const model = tf.model({
  inputs: input,
  outputs: layers.dense({ units: 10, activation: 'softmax' }).apply(pool) as Symbolic, // as above
})
const trained = model.trainableWeights.reduce(
  (sum, { shape }) => sum + shape.reduce<number>((a, b) => a * (b ?? 1), 1),
  0,
)
if (trained !== 102_946) throw new Error(`another net: ${trained} parameters`)
model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' })

const x = tf.tensor4d(imagesOf(batch), [batch, 32, 32, 3])
const y = tf.tensor2d(targetsOf(batch), [batch, 10])
await answer(() =>
  model.fit(x, y, { batchSize: batch, epochs: 1, shuffle: false, verbose: 0, yieldEvery: 'never' }),
)
