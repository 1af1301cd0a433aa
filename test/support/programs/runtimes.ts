/** Stock loaders of other people's runtimes. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import * as E from 'fp-ts/lib/Either.js'
import { loadBinding } from '../../../src/engine/tensorflow/load.js'

/** The stock loader over HTTP, whose server is a folder. */
export const loadLayers = async (folder: string): Promise<tfl.LayersModel> => {
  await tf.setBackend('cpu')
  return tfl.loadLayersModel(
    tf.io.http('http://localhost/model.json', {
      fetchFunc: async (url: string | URL | Request) =>
        new Response(await readFile(join(folder, basename(String(url))))),
    }),
  )
}

type Rows = {
  readonly dataSync: () => Float32Array
  readonly shape: readonly number[]
  readonly dispose: () => void
}

/** The stock loader of the npm package, on the binding of the native engine; null where there is none. */
export const stockLoader = () => {
  const loaded = loadBinding({ threads: 1 })
  if (E.isLeft(loaded)) return null
  const require = createRequire(
    createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'),
  )
  const util = require('node:util')
  util.isNullOrUndefined ??= (value: unknown) => value == null
  util.isArray ??= Array.isArray
  const tf = require('@tensorflow/tfjs')
  const { NodeJSKernelBackend } = require('./dist/nodejs_kernel_backend')
  tf.registerBackend(
    'tensorflow',
    () => new NodeJSKernelBackend(loaded.right.binding, '@tensorflow/tfjs-node-gpu'),
    3,
  )
  const { loadSavedModel } = require('./dist/saved_model')
  return async (folder: string, images: Float32Array, shape: readonly number[]) => {
    tf.setBackend('tensorflow')
    const model = await loadSavedModel(folder)
    const fed = tf.tensor(images, shape)
    const { logits, probabilities }: Record<string, Rows> = model.predict({ images: fed })
    const answer = {
      logits: logits?.dataSync() ?? [],
      probabilities: probabilities?.dataSync() ?? [],
      shape: logits?.shape,
    }
    tf.dispose([fed, logits, probabilities])
    model.dispose()
    return answer
  }
}

/** How far onnxruntime may rewrite a graph; beyond `basic`, it also computes in 8 bits where weights have no more. */
type Optimization = 'basic' | 'all'

/** What is used of onnxruntime-node. */
interface OnnxRuntime {
  readonly InferenceSession: {
    readonly create: (
      model: string | Uint8Array,
      options?: { readonly intraOpNumThreads: number; readonly graphOptimizationLevel: Optimization },
    ) => Promise<{
      readonly run: (
        feeds: Readonly<Record<string, unknown>>,
      ) => Promise<
        Readonly<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>
      >
      readonly release: () => Promise<void>
    }>
  }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown
}

const loadOnnxRuntime = (): OnnxRuntime | null => {
  try {
    return createRequire(join(import.meta.dirname, '../../oracles/package.json'))('onnxruntime-node')
  } catch {
    return null
  }
}

/** Null where it is not installed; it is too large for every install. */
export const onnxRuntime = loadOnnxRuntime()

/** How a test that wants it says so. */
export const wantsOnnx = '(wants onnxruntime-node: npm run oracles)'

/** What onnxruntime answers to an input: an output by name. */
export const answerTo = async (
  model: string | Uint8Array,
  input: string,
  data: Float32Array,
  shape: readonly number[],
  graphOptimizationLevel: Optimization = 'all',
): Promise<Readonly<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>> => {
  if (onnxRuntime === null) throw new Error(wantsOnnx)
  const { InferenceSession, Tensor } = onnxRuntime
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, graphOptimizationLevel })
  try {
    return await session.run({ [input]: new Tensor('float32', data, shape) })
  } finally {
    await session.release()
  }
}

/** What onnxruntime answers to images. */
export const answersOf = (
  model: string | Uint8Array,
  images: Float32Array,
  shape: readonly number[],
  optimization: Optimization = 'all',
) => answerTo(model, 'images', images, shape, optimization)
