/** Reads the model of a run, or of a file, for commands that use it. */
import { existsSync } from 'node:fs'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type ModelFile, type ModelFileError, readModelFile } from '../convert/model-file.js'
import { type KnownLayer, ownLayersIn } from '../net/own-layer.js'
import type { RunError } from '../run/error.js'
import { restoreFunctions } from '../run/load.js'
import { folderAt, modelFileAt } from '../run/storage/folder.js'
import { openRun } from '../run/storage/stored-run.js'
import { commandText } from './command-text.js'

/** The layers of a user's own that a run's model may have, from the file the run began with; none of a file alone. */
const ownLayersAt = (run: string): TE.TaskEither<RunError, readonly KnownLayer[]> =>
  existsSync(folderAt(run).checkpoint)
    ? pipe(openRun(run), TE.flatMap(restoreFunctions), TE.map(ownLayersIn))
    : TE.right([])

/** Errors  RunUnfinished for the folder of a run that has no model yet; those of `readModelFile` */
export const readRun = (run: string): TE.TaskEither<RunError | ModelFileError, ModelFile> =>
  !existsSync(modelFileAt(run)) && existsSync(folderAt(run).checkpoint)
    ? TE.left({ _tag: 'RunUnfinished', folder: run, next: commandText('resume', [run]) })
    : pipe(
        ownLayersAt(run),
        TE.flatMap(known => readModelFile(modelFileAt(run), known)),
      )
