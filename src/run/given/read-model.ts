/** Reads a model from wherever one is kept: the one dispatch by path. */
import { existsSync } from 'node:fs'
import { extname } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readLayersFile } from '../../convert/keras/import/read.js'
import { type ModelFile, readModelFile } from '../../convert/model-file.js'
import type { RunError } from '../error.js'
import { folderAt } from '../storage/folder.js'

/** Whether a folder is that of a run. */
const isRun = (path: string): boolean => {
  const { checkpoint, model } = folderAt(path)
  return existsSync(checkpoint) || existsSync(model)
}

const readRunModel = (folder: string): TE.TaskEither<RunError, ModelFile> => {
  const { model } = folderAt(folder)
  return existsSync(model)
    ? readModelFile(model)
    : TE.left({ _tag: 'RunUnfinished', folder, next: `espalier resume ${folder}` })
}

/**
 * The model of a run's folder, of a `.safetensors`, or of any file that `import` reads.
 *
 * Errors  FileMissing; RunUnfinished for the folder of a run that has no model yet; those of the format's reader
 */
export const readAnyModel = (path: string): TE.TaskEither<RunError, ModelFile> => {
  if (!existsSync(path)) return TE.left({ _tag: 'FileMissing', file: path })
  if (isRun(path)) return readRunModel(path)
  return extname(path) === '.safetensors' ? readModelFile(path) : readLayersFile(path)
}
