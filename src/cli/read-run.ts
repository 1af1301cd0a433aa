/** Reads the model of a run, or of a file, for commands that use it. */
import { existsSync } from 'node:fs'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type ModelFile, type ModelFileError, readModelFile } from '../convert/model-file.js'
import type { RunError } from '../run/error.js'
import { folderAt, modelFileAt } from '../run/storage/folder.js'
import { commandText } from './command-text.js'

/** Errors  RunUnfinished for the folder of a run that has no model yet; those of `readModelFile` */
export const readRun = (run: string): TE.TaskEither<RunError | ModelFileError, ModelFile> =>
  !existsSync(modelFileAt(run)) && existsSync(folderAt(run).checkpoint)
    ? TE.left({ _tag: 'RunUnfinished', folder: run, next: commandText('resume', [run]) })
    : readModelFile(modelFileAt(run))
