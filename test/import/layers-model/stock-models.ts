/** Stock models of tfjs, and how they are saved. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll } from 'vitest'
import type { Model } from '../../../src/net/weights.js'

beforeAll(() => tf.setBackend('cpu'))

export interface LayerJson {
  class_name: string
  config: Record<string, unknown>
  inbound_nodes: unknown
}

export interface Spec {
  name: string
  shape: number[]
  dtype: string
  quantization?: unknown
}

export interface LayersJson {
  format?: string
  modelTopology?: { config: { layers: LayerJson[] } }
  weightsManifest?: { weights: Spec[] }[]
}

export type Edit = (json: LayersJson) => void

/** A stock model as its own `save` writes it, changed, into a folder. */
export const save = async (
  model: tfl.LayersModel,
  folder: string,
  edit: Edit = () => undefined,
): Promise<void> => {
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))
      const half = Math.floor(bytes.byteLength / 2)
      writeFileSync(join(folder, 'a.bin'), bytes.subarray(0, half))
      writeFileSync(join(folder, 'b.bin'), bytes.subarray(half))
      const weightsManifest = [{ paths: ['a.bin', 'b.bin'], weights: weightSpecs }]
      const json: LayersJson = JSON.parse(JSON.stringify({ modelTopology, weightsManifest }))
      edit(json)
      writeFileSync(join(folder, 'model.json'), JSON.stringify(json))
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
    }),
  )
}

export const answered = (
  model: tfl.LayersModel,
  { net: { input } }: Model,
  images: Float32Array,
  count: number,
) => tf.tidy(() => (model.predict(tf.tensor(images, [count, ...input])) as tf.Tensor).dataSync())

const { dense, flatten } = tfl.layers

/** Gives every weight of a stock model a value of its own, variances positive ones. */
export const stir = (model: tfl.LayersModel): tfl.LayersModel => {
  const drawn = model.weights.map(({ name, shape }, nth) => {
    const [low, high] = name.includes('variance') ? [0.5, 1.5] : [-0.4, 0.5]
    return tf.randomUniform(shape.map(Number), low, high, 'float32', nth + 1)
  })
  model.setWeights(drawn)
  return model
}

export const fedImage = (): tfl.SymbolicTensor => tfl.input({ shape: [6, 6, 2], name: 'images' })

export const ended = (x: unknown): tfl.SymbolicTensor =>
  dense({ units: 2 }).apply(flatten().apply(x as tfl.SymbolicTensor)) as tfl.SymbolicTensor

/** A stock model of one odd layer between its ends. */
export const around = (layer: { readonly apply: (x: tfl.SymbolicTensor) => unknown }): tfl.LayersModel => {
  const inputs = fedImage()
  return tfl.model({ inputs, outputs: ended(layer.apply(inputs)) })
}
