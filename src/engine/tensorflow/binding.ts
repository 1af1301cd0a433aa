/** The part of the official binding that is used here, and how native modules are loaded. */
import { constants } from 'node:os'

/** Of `@tensorflow/tfjs-node-gpu`'s `TFJSBinding`. Tensors and models are ids that must be deleted. */
export interface Binding {
  readonly createTensor: (shape: readonly number[], type: number, data: Float32Array) => number
  readonly deleteTensor: (tensor: number) => void
  readonly tensorDataSync: (tensor: number) => Float32Array
  readonly loadSavedModel: (folder: string, tags: string) => number
  readonly deleteSavedModel: (model: number) => void
  /** Names are `node:output`, joined by commas. */
  readonly runSavedModel: (
    model: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ) => readonly { readonly id: number }[]
  readonly getNumOfTensors: () => number
  readonly getNumOfSavedModels: () => number
  readonly isUsingGpuDevice: () => boolean
  readonly TF_Version: string
}

const { RTLD_NOW: now, RTLD_DEEPBIND: deep = 0 } = constants.dlopen

/** Loads a native module; `overrides`: its functions before the system's of the same name. Throws the loader's error. */
export const openNative = (file: string, overrides = false): unknown => {
  const native: { readonly exports: unknown } = { exports: {} }
  process.dlopen(native, file, overrides ? now | deep : now)
  return native.exports
}

/** Loads the official binding. Throws the loader's error. */
export const openBinding = (file: string): Binding => openNative(file) as Binding // what the C++ source of the package exports
