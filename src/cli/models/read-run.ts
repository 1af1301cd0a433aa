/** Reads the model of a run, or of a file, for commands that use it. */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { RunError } from '../../run/error.js'
import { type FoundModel, readAnyModel } from '../../run/given/read-model.js'
import { commandText } from '../command-text.js'

/** Errors  those of `readAnyModel`, which name the command to try next */
export const readRun = (path: string): TE.TaskEither<RunError, FoundModel> =>
  pipe(
    readAnyModel(path),
    TE.mapLeft(error =>
      error._tag === 'RunUnfinished' ? { ...error, next: commandText('resume', [path]) } : error,
    ),
  )
