/** Checkpoints behind first steps that variants of a study share, so that those are run once. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { makeFolder, removeParts } from '../../io/files.js'
import { isGone } from '../../io/process-owner.js'
import { ownLayersIn } from '../../net/words/own-layer.js'
import type { RunError } from '../error.js'
import { initialCheckpoint } from '../runner.js'
import type { Experiment } from '../schedule/experiment.js'
import { type Checkpoint, readCheckpoint, saveCheckpoint } from '../storage/checkpoint.js'
import { identityOf } from '../storage/identity.js'
import type { Settings } from '../storage/settings.js'
import type { Study } from './study.js'

const sharedFolder = (folder: string): string => join(folder, 'shared')

const sharedFile = (folder: string, name: string): string => join(sharedFolder(folder), `${name}.safetensors`)

/** The checkpoint after the most first steps that another variant has run already, else the first weights. */
export const longestSharedStart = (
  folder: string,
  experiment: Experiment,
  settings: Settings,
): TE.TaskEither<RunError, Checkpoint> => {
  const [known] = experiment.schedule
    .map((_, steps) => identityOf(experiment, settings, steps))
    .slice(1)
    .reverse()
    .filter(name => existsSync(sharedFile(folder, name)))
  return known === undefined
    ? TE.fromEither(initialCheckpoint(settings.seed)(experiment))
    : readCheckpoint(sharedFile(folder, known), ownLayersIn(experiment), known)
}

/** Saves the checkpoint after first steps that other variants of the study share. */
export const saveShared =
  (folder: string, study: Study, experiment: Experiment, settings: Settings) =>
  (checkpoint: Checkpoint): TE.TaskEither<RunError, void> => {
    const steps = checkpoint.stages.length
    const name = identityOf(experiment, settings, steps)
    const shared = study.variants.filter(
      other =>
        other.experiment.schedule.length > steps && identityOf(other.experiment, settings, steps) === name,
    )
    const file = sharedFile(folder, name)
    return steps === 0 || shared.length < 2 || existsSync(file)
      ? TE.right(undefined)
      : pipe(
          makeFolder(sharedFolder(folder)),
          TE.flatMap(() => saveCheckpoint(file, name)(checkpoint)),
        )
  }

/** Removes what processes that have ended left half written. */
export const removeSharedParts = (folder: string): TE.TaskEither<RunError, void> =>
  removeParts(sharedFolder(folder), isGone)
