/** A run as its folder has it, and whether it is the one that is asked for. */

import { existsSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readJson } from '../../io/files.js'
import { ownLayersIn } from '../../net/words/own-layer.js'
import type { RunError } from '../error.js'
import { experimentCodec } from '../schedule/codec.js'
import type { Experiment } from '../schedule/experiment.js'
import { type Checkpoint, readCheckpoint } from './checkpoint.js'
import { type Folder, folderAt } from './folder.js'
import { identityOf } from './identity.js'
import { fixed, fixedSettings, type RunInvariant, type Settings, settingsCodec } from './settings.js'

/** What a run's folder says it is. */
export interface StoredRun {
  readonly folder: Folder
  readonly experiment: Experiment
  readonly settings: Settings
}

/** Errors  NothingToResume where there is no checkpoint; BadFile */
export const openRun = (path: string): TE.TaskEither<RunError, StoredRun> => {
  const folder = folderAt(path)
  return pipe(
    existsSync(folder.checkpoint)
      ? TE.right(folder)
      : TE.left<RunError>({ _tag: 'NothingToResume', folder: path }),
    TE.bindTo('folder'),
    TE.bindW('experiment', () => readJson(experimentCodec)(folder.experiment)),
    TE.bindW('settings', () => readJson(settingsCodec)(folder.settings)),
  )
}

/**
 * The run, if what is fixed is as it began, but for some of it.
 *
 * Errors  RunDiffers with the first that is not
 */
export const checkSameSettings =
  (now: Settings, free: readonly RunInvariant[] = []) =>
  (run: StoredRun): E.Either<RunError, StoredRun> => {
    const [before, after] = [fixedSettings(run.settings), fixedSettings(now)]
    const other = fixed.find(what => before[what] !== after[what] && !free.includes(what))
    return other === undefined
      ? E.right(run)
      : E.left({
          _tag: 'RunDiffers',
          folder: run.folder.path,
          what: other,
          began: before[other],
          now: after[other],
        })
  }

/** Where a run has come to. */
export const latest = ({ folder, experiment, settings }: StoredRun): TE.TaskEither<RunError, Checkpoint> =>
  readCheckpoint(folder.checkpoint, ownLayersIn(experiment), identityOf(experiment, settings))
