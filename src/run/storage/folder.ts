/** A run's folder: what lies where in it. */
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { FileError } from '../../io/error.js'
import { makeFreeFolder } from '../../io/files.js'

/** The files of a run, by what they hold. */
export interface Folder {
  readonly path: string
  /** The experiment as JSON. */
  readonly experiment: string
  readonly settings: string
  /** One event a line. */
  readonly events: string
  readonly checkpoint: string
  /** The model at the end: weights, the net in the metadata. */
  readonly model: string
  readonly result: string
  /** The last net's answers on the test images. */
  readonly predictions: string
  /** TensorBoard's event file, where one was asked for. */
  readonly board: string
  /** The page that shows the run. */
  readonly report: string
  /** Nets met on the way. */
  readonly met: string
}

/** The files of a run whose folder is at this path; nothing is read. */
export const folderAt = (path: string): Folder => ({
  path,
  experiment: join(path, 'experiment.json'),
  settings: join(path, 'run.json'),
  events: join(path, 'events.jsonl'),
  checkpoint: join(path, 'checkpoint.safetensors'),
  model: join(path, 'model.safetensors'),
  result: join(path, 'result.json'),
  predictions: join(path, 'predictions.json'),
  board: join(path, 'events.out.tfevents.espalier'),
  report: join(path, 'report.html'),
  met: join(path, 'met'),
})

/** Where a run is to be kept: in this folder, or in a new one of this name, with a number where others have it. */
export type Destination = string | { readonly free: string }

export const claimFolder = (destination: Destination): TE.TaskEither<FileError, Folder> =>
  typeof destination === 'string'
    ? TE.right(folderAt(destination))
    : pipe(makeFreeFolder(destination.free), TE.map(folderAt))
