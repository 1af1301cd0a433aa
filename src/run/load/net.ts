/** The net of a DSL file, of a run or its checkpoint, or of a model of any format. */
import { extname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readModel } from '../../convert/model-file.js'
import { isFolder } from '../../io/files.js'
import { netCodec } from '../../net/codec.js'
import type { Net } from '../../net/tree.js'
import type { BadFile, RunError } from '../error.js'
import { checkSchedule } from '../schedule/check.js'
import { isModelFile, readAnyModel } from '../standalone/read-model.js'
import { readCheckpointNet } from '../storage/checkpoint.js'
import { latest, openRun } from '../storage/stored-run.js'
import type { Study } from '../study/study.js'
import { loadExperiment, loadStudy } from './experiment.js'
import { load, reading, tagOf } from './module.js'
import { restoreLayers } from './restore.js'

const studyNet = ({ variants: [first] }: Study, file: string): E.Either<RunError, Net> =>
  first === undefined
    ? E.left({
        _tag: 'NoExperiment',
        file,
        fault: { _tag: 'DecodeError', at: 'variants', expected: 'a variant', got: '[]' },
      })
    : E.right(first.experiment.net)

const moduleNet = (file: string): TE.TaskEither<RunError, Net> =>
  pipe(
    load(file),
    TE.flatMap(exported => {
      if (tagOf(exported) === 'net') return reading('net', netCodec)(file)
      if (tagOf(exported) === 'study')
        return pipe(
          loadStudy(file),
          TE.flatMapEither(study => studyNet(study, file)),
        )
      return pipe(
        loadExperiment(file),
        TE.tap(experiment => TE.fromEither(checkSchedule(Number.POSITIVE_INFINITY)(experiment))),
        TE.map(({ net }) => net),
      )
    }),
  )

/** The net of a model in a file or a folder of another format. */
const importedNet = (path: string): TE.TaskEither<RunError, Net> =>
  pipe(
    readAnyModel(path),
    TE.mapLeft(
      (error): RunError =>
        error._tag === 'UnknownFormat' && error.found === 'folder'
          ? { _tag: 'NoModule', file: path, got: 'a folder' }
          : error,
    ),
    TE.map(({ model }) => model.net),
  )

/** The net a run has come to. */
const runNet = (folder: string): TE.TaskEither<RunError, Net> =>
  pipe(
    openRun(folder),
    TE.flatMap(restoreLayers),
    TE.flatMap(latest),
    TE.map(({ learner }) => learner.model.net),
    TE.orElse(error =>
      error._tag === 'NothingToResume' ? importedNet(folder) : TE.left<RunError, Net>(error),
    ),
  )

const isCheckpoint = ({ fault }: BadFile): boolean =>
  fault._tag === 'NotAModel' && fault.found === 'checkpoint'

/** The net of a model, or of a run's checkpoint. */
const tensorsNet = (file: string): TE.TaskEither<RunError, Net> =>
  pipe(
    readModel(file),
    TE.map(({ net }) => net),
    TE.orElse(error =>
      error._tag === 'BadFile' && isCheckpoint(error) ? readCheckpointNet(file) : TE.left<RunError>(error),
    ),
  )

/**
 * The net of a module that exports one, of its experiment, or of its study's first variant; of a run, or of its
 * checkpoint; of a model of any format.
 */
export const loadNet = (path: string): TE.TaskEither<RunError, Net> => {
  if (isFolder(path)) return runNet(path)
  if (extname(path) === '.safetensors') return tensorsNet(path)
  return isModelFile(path) ? importedNet(path) : moduleNet(path)
}
