/** Reads the model of a run, or of a file, for commands that use it. */
import { existsSync } from 'node:fs'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type KnownLayer, ownLayersIn } from '../../net/words/own-layer.js'
import type { RunError } from '../../run/error.js'
import { restoreLayers } from '../../run/load/restore.js'
import { type FoundModel, readAnyModel } from '../../run/standalone/read-model.js'
import { folderAt } from '../../run/storage/folder.js'
import { openRun } from '../../run/storage/stored-run.js'

/** Whether a folder is that of a run which has its model. */
const isEndedRun = (path: string): boolean => {
  const { checkpoint, model } = folderAt(path)
  return existsSync(checkpoint) && existsSync(model)
}

/** The layers of a user's own that a run's model may have, from the file the run began with; none of a file alone. */
const ownLayersAt = (path: string): TE.TaskEither<RunError, readonly KnownLayer[]> =>
  isEndedRun(path)
    ? pipe(
        openRun(path),
        TE.flatMap(restoreLayers),
        TE.map(({ experiment }) => ownLayersIn(experiment)),
      )
    : TE.right([])

/** Errors  those of `readAnyModel` and of `restoreLayers` */
export const readRun = (path: string): TE.TaskEither<RunError, FoundModel> =>
  pipe(
    ownLayersAt(path),
    TE.flatMap(known => readAnyModel(path, known)),
  )
