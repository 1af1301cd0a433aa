/** Imports a model of another format, found by what its path holds. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { ImportError } from './error.js'
import type { Imported } from './keras/import/read.js'
import type { OnnxOptions } from './onnx/import/read.js'

export type { Imported, OnnxOptions }

type Read = (path: string, options?: OnnxOptions) => TE.TaskEither<ImportError, Imported>

/** A format's reader, which is loaded with its packages where a file of the format is read. */
type LoadReader = () => Promise<Read>

const loadKeras: LoadReader = async () => (await import('./keras/import/read.js')).readKerasFile
const loadOnnx: LoadReader = async () => (await import('./onnx/import/read.js')).readOnnxFile

/** Formats by the extension of their files; others are told apart by content. */
const readers: readonly (readonly [extension: RegExp, LoadReader])[] = [[/\.onnx$/i, loadOnnx]]

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
  const [, load = loadKeras] = readers.find(([extension]) => extension.test(path)) ?? []
  return pipe(
    TE.fromTask(load),
    TE.flatMap(read => read(path, options)),
  )
}
