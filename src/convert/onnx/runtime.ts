/** onnxruntime, where it is installed: what it computes is what a file is worth. */
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** What is used of onnxruntime-node. */
export interface Runtime {
  readonly InferenceSession: {
    /** Beyond `basic`, it also computes in 8 bits where weights have no more. */
    readonly create: (
      file: string | Uint8Array,
      options?: { readonly graphOptimizationLevel: 'basic' },
    ) => Promise<RuntimeSession>
  }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => unknown
}

/** A model that it has loaded. */
export interface RuntimeSession {
  readonly run: (
    feeds: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, { readonly data: ArrayLike<number> }>>>
  readonly release: () => Promise<void>
}

const packageName = 'onnxruntime-node'

/** Why there is none. */
export const runtimeMissing = `${packageName} is not installed; try npm install ${packageName}`

/** From the project that a person works in, then from this package. */
export const loadRuntime = (): Runtime | null => {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return createRequire(from)(packageName)
    } catch {}
  }
  return null
}
