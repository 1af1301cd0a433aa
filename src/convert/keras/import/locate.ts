/** Finds the model.json of a path, or tells what is there instead. */
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { fileFailed } from '../../../io/files.js'
import type { FoundFormat, ImportError } from '../../error.js'

export const modelFile = 'model.json'

const formats: Readonly<Record<string, FoundFormat>> = {
  '.keras': 'keras',
  '.h5': 'hdf5',
  '.hdf5': 'hdf5',
  '.onnx': 'onnx',
  '.pb': 'savedmodel',
  '.safetensors': 'safetensors',
}

const refuse = (path: string, found: FoundFormat): TE.TaskEither<ImportError, never> =>
  TE.left({ _tag: 'NotALayersModel', path, found })

const inFolder = (path: string): TE.TaskEither<ImportError, string> => {
  if (existsSync(join(path, modelFile))) return TE.right(path)
  return refuse(path, existsSync(join(path, 'saved_model.pb')) ? 'savedmodel' : 'folder')
}

/**
 * The folder of a LayersModel, given the folder or its model.json.
 *
 * Errors  FileMissing, FileFailed; NotALayersModel
 */
export const locate = (path: string): TE.TaskEither<ImportError, string> =>
  pipe(
    TE.tryCatch(() => stat(path), fileFailed(path)),
    TE.flatMap(stats => {
      if (stats.isDirectory()) return inFolder(path)
      return basename(path) === modelFile
        ? TE.right(dirname(path))
        : refuse(path, formats[extname(path).toLowerCase()] ?? 'file')
    }),
  )
