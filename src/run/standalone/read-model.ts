/** Reads a model from wherever one is kept: the one dispatch by path. */
import { existsSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { ImportNote } from '../../convert/error.js'
import { importModel } from '../../convert/import.js'
import { type ModelFile, readModelFile } from '../../convert/model-file.js'
import type { KnownLayer } from '../../net/words/own-layer.js'
import type { RunError } from '../error.js'
import { folderAt } from '../storage/folder.js'

/** A model, and what there is to tell of how it was read. */
export interface FoundModel extends ModelFile {
  readonly notes: readonly ImportNote[]
}

/** Endings of files that hold a model. */
const endings = ['.safetensors', '.onnx', '.keras', '.h5', '.hdf5']

/** Whether a file is named as models are. */
export const isModelFile = (path: string): boolean =>
  endings.includes(extname(path).toLowerCase()) || basename(path) === 'model.json'

/** Whether a folder is that of a run. */
const isRun = (path: string): boolean => {
  const { checkpoint, model } = folderAt(path)
  return existsSync(checkpoint) || existsSync(model)
}

const readOwn = (file: string, known: readonly KnownLayer[]): TE.TaskEither<RunError, FoundModel> =>
  pipe(
    readModelFile(file, known),
    TE.map(read => ({ ...read, notes: [] })),
  )

const readRunModel = (folder: string, known: readonly KnownLayer[]): TE.TaskEither<RunError, FoundModel> => {
  const { model } = folderAt(folder)
  return existsSync(model) ? readOwn(model, known) : TE.left({ _tag: 'RunUnfinished', folder })
}

/**
 * The model of a run's folder, of a `.safetensors`, or of any file or folder that `import` reads; `known` are the words
 * of layers of a user's own that it may have.
 *
 * `known`: layers of your own that it may have.
 *
 * Errors  FileMissing; RunUnfinished for the folder of a run that has no model yet; those of the format's reader
 */
export const readAnyModel = (
  path: string,
  known: readonly KnownLayer[] = [],
): TE.TaskEither<RunError, FoundModel> => {
  if (!existsSync(path)) return TE.left({ _tag: 'FileMissing', file: path })
  if (isRun(path)) return readRunModel(path, known)
  if (extname(path) === '.safetensors') return readOwn(path, known)
  return pipe(
    importModel(path),
    TE.map(({ model, preprocessing, dropped, notes = [] }) => ({
      model,
      preprocessing,
      notes: [...dropped, ...notes],
    })),
  )
}
