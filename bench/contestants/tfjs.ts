/** Training steps or inference of an exported net in tfjs, on espalier's TensorFlow. Arguments: stage, folder of the net, batch, threads. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import util from 'node:util'
import type * as tfjs from '@tensorflow/tfjs'
import { loadBinding } from '../../src/engine/tensorflow/load.js'
import { imagesOf, targetsOf } from '../net.js'
import { answer } from './answer.js'

const [stage = 'train', folder = '.', size = '64', threads = '2'] = process.argv.slice(2)
const batch = Number(size)

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

/** The exported layers, with their weights. */
const load = (): Promise<tfjs.LayersModel> => {
  const { modelTopology, weightsManifest } = JSON.parse(
    readFileSync(join(folder, 'layers/model.json'), 'utf8'),
  )
  const groups: readonly { paths: string[]; weights: tfjs.io.WeightsManifestEntry[] }[] = weightsManifest
  const weightData = Buffer.concat(
    groups.flatMap(({ paths }) => paths.map(path => readFileSync(join(folder, 'layers', path)))),
  )
  return tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology,
      weightSpecs: groups.flatMap(({ weights }) => weights),
      weightData: new Uint8Array(weightData).buffer,
    }),
  )
}

const model = await load()
const dimensions = (shape: tfjs.Shape): number[] => shape.slice(1).map(each => each ?? 1)
const shape = dimensions(model.inputs[0]?.shape ?? [])
const classes = dimensions(model.outputs[0]?.shape ?? [])[0] ?? 1
const images = tf.tensor(imagesOf(batch, shape), [batch, ...shape])

if (stage === 'train') {
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9, true), loss: 'categoricalCrossentropy' })
  const targets = tf.tensor2d(targetsOf(batch, classes), [batch, classes])
  const options = { batchSize: batch, epochs: 1, shuffle: false, verbose: 0, yieldEvery: 'never' } as const
  await answer(() => model.fit(images, targets, options))
} else
  await answer(async () => {
    const output = model.predict(images)
    for (const each of [output].flat()) {
      await each.data()
      each.dispose()
    }
  })
