/** Imports a model of another format, found by what its path holds. */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { ImportError } from './error.js'
import { type Imported, readKerasFile } from './keras/import/read.js'
import { type OnnxOptions, readOnnxFile } from './onnx/import/read.js'

export type { Imported, OnnxOptions }

type Read = (path: string, options?: OnnxOptions) => TE.TaskEither<ImportError, Imported>

/** Formats by the extension of their files; others are told apart by content. */
const readers: readonly (readonly [extension: RegExp, Read])[] = [[/\.onnx$/i, readOnnxFile]]

/**
 * Imports a Keras model, from a `.keras` file, an `.h5` file, or the folder of a tfjs `model.json`; or an `.onnx` file,
 * for which alone there are options.
 *
 * Errors  those of the format's reader
 *
 * @example
 * importModel('mobilenet.keras')
 */
export const importModel: Read = (path, options) => {
  const [, read = readKerasFile] = readers.find(([extension]) => extension.test(path)) ?? []
  return read(path, options)
}
