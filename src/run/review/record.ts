/** Everything a run's folder holds, read for people: what is not there, or cannot be read, is a gap and no error. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readModel } from '../../convert/model-file.js'
import { sizeOfFile } from '../../io/files.js'
import type { NetError } from '../../net/error.js'
import { type CheckedNet, infer } from '../../net/infer.js'
import { ownLayersIn } from '../../net/words/own-layer.js'
import type { RunError } from '../error.js'
import type { Result } from '../events.js'
import { restoreLayers } from '../load/restore.js'
import { readResult } from '../storage/result.js'
import { latest, openRun, type StoredRun } from '../storage/stored-run.js'
import { type Predictions, readPredictions } from './predictions.js'
import { type ReadLog, readLog } from './read-log.js'

/** A run for people to look at; what is not there is `null`. */
export interface RunRecord extends StoredRun {
  readonly log: ReadLog
  readonly result: Result | null
  readonly predictions: Predictions | null
  readonly nets: {
    /** What the run began with. */
    readonly first: CheckedNet
    /** Before the first cut; `null` where nothing was cut. */
    readonly original: CheckedNet | null
    /** What it has come to. */
    readonly now: CheckedNet
  }
  /** Of the model's file. */
  readonly bytes: number | null
  /** Why files that are there could not be read. */
  readonly gaps: readonly RunError[]
}

/** A file that may be missing, and why it could not be read where it is there. */
interface Read<A> {
  readonly value: A | null
  readonly gaps: readonly RunError[]
}

const readOptional = <A>(read: TE.TaskEither<RunError, A>): T.Task<Read<A>> =>
  pipe(
    read,
    TE.match(
      (error): Read<A> => ({ value: null, gaps: error._tag === 'FileMissing' ? [] : [error] }),
      value => ({ value, gaps: [] }),
    ),
  )

/** The nets that a run has come to, and the one before the first cut. */
type Nets = Omit<RunRecord['nets'], 'first'>

const checkpointNets = (run: StoredRun): TE.TaskEither<RunError, Nets> =>
  pipe(
    latest(run),
    TE.map(({ learner, models }) => ({ original: models.original, now: learner.model })),
  )

/** Of the model at the end, where the checkpoint does not say. */
const modelNets = ({ folder, experiment }: StoredRun): TE.TaskEither<RunError, Nets> =>
  pipe(
    readModel(folder.model, ownLayersIn(experiment)),
    TE.map(now => ({ original: null, now })),
  )

/** Errors  of `openRun`: NothingToResume, FileMissing, BadFile; of the net it began with */
export const readRecord = (path: string): TE.TaskEither<RunError, RunRecord> =>
  pipe(
    openRun(path),
    TE.flatMap(restoreLayers),
    TE.bindTo('run'),
    TE.bindW(
      'first',
      ({ run }): TE.TaskEither<RunError, CheckedNet> =>
        TE.fromEither(
          pipe(
            infer(run.experiment.net),
            E.mapLeft((error: NetError): RunError => error),
          ),
        ),
    ),
    TE.flatMapTask(({ run, first }) => readAround(run, first)),
  )

const readAround = (run: StoredRun, first: CheckedNet): T.Task<RunRecord> =>
  pipe(
    T.Do,
    T.bind('log', () => readOptional(readLog(run.folder.events))),
    T.bind('result', () => readOptional<Result>(readResult(run.folder.result))),
    T.bind('predictions', () => readOptional<Predictions>(readPredictions(run.folder.predictions))),
    T.bind('checkpoint', () => readOptional(checkpointNets(run))),
    T.bind('model', ({ checkpoint }) =>
      checkpoint.value === null ? readOptional(modelNets(run)) : T.of<Read<Nets>>({ value: null, gaps: [] }),
    ),
    T.bind('bytes', () => readOptional(sizeOfFile(run.folder.model))),
    T.map(({ log, result, predictions, checkpoint, model, bytes }) => ({
      ...run,
      log: log.value ?? { events: [], unknown: 0 },
      result: result.value,
      predictions: predictions.value,
      nets: { first, ...(checkpoint.value ?? model.value ?? { original: null, now: first }) },
      bytes: bytes.value,
      gaps: [log, result, predictions, checkpoint, model].flatMap(({ gaps }) => gaps),
    })),
  )
