/** The formats a model can be written in. What is in them is not known here. */

export const targets = ['savedmodel', 'layers', 'onnx', 'safetensors'] as const

/**
 * `savedmodel` for TensorFlow's servers, `layers` for TensorFlow.js, `onnx` for other runtimes,
 * `safetensors` for reading the weights anywhere.
 */
export type Target = (typeof targets)[number]

/** A file to write, by its name in the format's folder. */
export interface File {
  readonly name: string
  readonly bytes: Uint8Array
}

export const textFile = (name: string, text: string): File => ({
  name,
  bytes: new TextEncoder().encode(text),
})

/** JSON for people and programs alike. */
export const jsonFile = (name: string, value: unknown): File =>
  textFile(name, `${JSON.stringify(value, null, 1)}\n`)
