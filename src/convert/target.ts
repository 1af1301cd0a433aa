/** The export formats by name. Their contents are not known here. */

export const targets = ['savedmodel', 'layers', 'keras', 'onnx', 'pytorch', 'safetensors'] as const

/**
 * `savedmodel` for TensorFlow's servers, `layers` for TensorFlow.js, `keras` for Keras 3, `onnx` for other runtimes,
 * `pytorch` for a module of PyTorch, `safetensors` for the plain weights.
 */
export type Target = (typeof targets)[number]

/** A file of an export; its name is relative to the folder. */
export interface File {
  readonly name: string
  readonly bytes: Uint8Array
}

export const textFile = (name: string, text: string): File => ({
  name,
  bytes: new TextEncoder().encode(text),
})

/** JSON, indented for people. */
export const jsonFile = (name: string, value: unknown): File =>
  textFile(name, `${JSON.stringify(value, null, 1)}\n`)
